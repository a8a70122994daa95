import { createHash, randomUUID } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { FormatError, UsageError } from "../../errors.ts";
import { explain } from "../output.ts";
import { lives, thisProcess, type Owner } from "../owner.ts";

/** Keeps a run's folder to one process: two that wrote to it would mix their metrics and checkpoints. */
export class Lock implements Disposable {
  readonly #folder: string;
  readonly #file: string;
  readonly #made: boolean;
  /** The note in the lock while it belongs to this process. */
  readonly #note = JSON.stringify({ ...thisProcess(), id: randomUUID() });

  /**
   * Makes the folder where there is none. The lock of a process that is gone is taken over; so is one of another machine or
   * container, whose processes cannot be seen from here.
   * @throws UsageError while another process holds it; FormatError for a folder that cannot be written to
   */
  constructor(folder: string) {
    this.#folder = folder;
    this.#file = join(folder, lockFile);
    try {
      this.#made = mkdirSync(folder, { recursive: true }) !== undefined;
      acquire(this.#file, this.#note);
    } catch (error) {
      throw error instanceof UsageError || error instanceof FormatError ? error : explain(this.#file, error);
    }
  }

  /** @throws UsageError where a process that cannot see this one has taken the folder over */
  check(): void {
    const found = read(this.#file);
    if (found === undefined || found === this.#note) return;
    throw new UsageError({
      where: "--out",
      expected: "a folder that no other process trains in",
      got: `${this.#folder}, which one of another machine or container has taken over`,
      remedy: "leave it to that one, or stop it and add --resume",
    });
  }

  /** Leaves no trace: neither the lock, nor the folder if nothing came into it. */
  [Symbol.dispose](): void {
    if (read(this.#file) === this.#note) rmSync(this.#file, { force: true });
    if (!this.#made) return;
    try {
      rmdirSync(this.#folder);
    } catch {
      // It holds a run.
    }
  }
}

const lockFile = "lock.json";

/**
 * Other processes may take and release the lock between two attempts, so several attempts are made, but not endlessly
 * many.
 */
const attempts = 1000;

/**
 * Makes `file` with this note, or puts the note in place of that of a process that is gone. Of several that find the same dead
 * process's note one alone may replace it: that which holds the claim to it, a lock of the same kind, whose name is made from
 * that note. Notes never repeat, so neither do claims: who has one and still finds the note there is the first.
 */
function acquire(file: string, note: string): void {
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (create(file, note)) return;
    const found = read(file);
    if (found === undefined) continue;
    const holder = ownerIn(found);
    if (holder && lives(holder)) throw held(file, holder);
    const claim = claimTo(file, found);
    acquire(claim, note);
    try {
      if (read(file) === found) return replace(file, note);
    } finally {
      rmSync(claim, { force: true });
    }
  }
  throw explain(file, Object.assign(new Error(`${file} comes and goes`), { code: "EEXIST" }));
}

function held(file: string, { process: id }: Owner): UsageError {
  return new UsageError({
    where: "--out",
    expected: "a folder that no other process trains in",
    got: `${dirname(file)}, where process ${id} does`,
    remedy: "wait for it, stop it, or name another folder",
  });
}

const claimTo = (file: string, note: string): string =>
  hidden(`${basename(file)}.${createHash("sha256").update(note).digest("hex").slice(0, 16)}`, file, "claim");

const hidden = (name: string, beside: string, purpose: string): string =>
  join(dirname(beside), `.${name.replace(/^\./, "")}.${purpose}.tmp`);

/** Makes a file that is whole as soon as it is there; false where there is one. */
function create(file: string, note: string): boolean {
  const unlinked = hidden(`${basename(file)}.${randomUUID()}`, file, "new");
  writeFileSync(unlinked, note, { flag: "wx" });
  try {
    linkSync(unlinked, file);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" || code === "ENOENT") return false; // ENOENT: whoever got the lock has tidied up
    return createUnlinked(file, note);
  } finally {
    rmSync(unlinked, { force: true });
  }
}

/** The same on a file system without hard links, where the note is not whole at once. */
function createUnlinked(file: string, note: string): boolean {
  try {
    writeFileSync(file, note, { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function replace(file: string, note: string): void {
  const next = hidden(`${basename(file)}.${randomUUID()}`, file, "new");
  try {
    writeFileSync(next, note, { flag: "wx" });
    renameSync(next, file);
  } finally {
    rmSync(next, { force: true });
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/**
 * Returns the process that a note belongs to. It is undefined for half of a note, from a process that was killed, and
 * for what is no note.
 */
function ownerIn(note: string): Owner | undefined {
  try {
    const owner = JSON.parse(note) as Partial<Owner> | null;
    const sound = Number.isSafeInteger(owner?.process) && owner!.process! > 0;
    return sound && typeof owner!.started === "string" && typeof owner!.place === "string"
      ? (owner as Owner)
      : undefined;
  } catch {
    return undefined;
  }
}
