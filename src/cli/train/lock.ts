import { createHash, randomUUID } from "node:crypto";
import {
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { FormatError, UsageError } from "../../errors.ts";
import { printableEnd } from "../../quote.ts";
import { explain } from "../output.ts";
import { isOfThisPlace, lives, thisProcess, type Owner } from "../owner.ts";

/** Milliseconds between two heartbeats of whoever holds a lock. */
export const heartbeat = 10_000;

/** Milliseconds after the last heartbeat from which on the process of another machine or container counts as gone. */
export const longestSilence = 120_000;

/** What a lock says of the process that holds it. */
interface Holder extends Owner {
  /** The machine's name, for people. */
  readonly machine?: string;
}

/** Keeps a run's folder to one process: two that wrote to it would mix their metrics and checkpoints. */
export class Lock implements Disposable {
  readonly #folder: string;
  readonly #file: string;
  readonly #made: boolean;
  /** The note in the lock while it belongs to this process. */
  readonly #note = JSON.stringify({ ...thisProcess(), machine: hostname(), id: randomUUID() });
  /** The file that was made here. Where another has come into its place, what is written through this is seen by nobody. */
  readonly #handle: number | undefined;
  readonly #timer: NodeJS.Timeout;

  /**
   * Makes the folder where there is none. The lock of a process that is gone is taken over. One of another machine or container
   * cannot be seen from here, and counts as gone once its heart has not beaten for `longestSilence`.
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
    this.#handle = openOwn(this.#file, this.#note);
    this.#timer = setInterval(() => this.#beat(), heartbeat);
    this.#timer.unref();
  }

  /**
   * Writes the same note again, which changes nothing but the time of the last change, as the file system's own clock has it: clocks of
   * machines differ.
   */
  #beat(): void {
    if (this.#handle === undefined) return;
    try {
      writeSync(this.#handle, this.#note, 0);
      fsyncSync(this.#handle); // a shared file system keeps it to this machine else, for as long as it likes
    } catch {
      // A full or unreachable file system: whoever writes to it next tells so.
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
    clearInterval(this.#timer);
    if (this.#handle !== undefined) closeSync(this.#handle);
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

/** The lock as a file to write to; undefined where it cannot be had, or has become another's. */
function openOwn(file: string, note: string): number | undefined {
  let handle: number;
  try {
    handle = openSync(file, "r+");
  } catch {
    return undefined;
  }
  if (readFileSync(handle, "utf8") === note) return handle;
  closeSync(handle);
  return undefined;
}

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
    if (holder) requireGone(file, holder);
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

/** @throws UsageError where the process that holds a lock still runs, as far as can be told */
function requireGone(file: string, holder: Holder): void {
  if (isOfThisPlace(holder)) {
    if (lives(holder)) throw held(file, `process ${holder.process} does`, "wait for it");
    return;
  }
  const silence = silenceOf(file);
  if (silence >= longestSilence) return;
  const machine = holder.machine === undefined ? "another machine or container" : printableEnd(holder.machine, 80);
  const [ago, left] = [silence, longestSilence - silence].map((span) => Math.ceil(Math.max(0, span) / 1000));
  const who = `process ${holder.process} of ${machine} does, whose heart beat ${ago} s ago`;
  throw held(file, who, `wait for it (without a beat it counts as gone in ${left} s)`);
}

function held(file: string, who: string, wait: string): UsageError {
  return new UsageError({
    where: "--out",
    expected: "a folder that no other process trains in",
    got: `${dirname(file)}, where ${who}`,
    remedy: `${wait}, stop it, or name another folder`,
  });
}

/** Milliseconds since a lock was last written to, both times by the clock of the file system. Endless where it is gone. */
function silenceOf(file: string): number {
  const probe = hidden(`${basename(file)}.${randomUUID()}`, file, "probe");
  const now = openSync(probe, "wx");
  try {
    writeSync(now, "now");
    fsyncSync(now);
    return fstatSync(now).mtimeMs - lastBeat(file);
  } finally {
    closeSync(now);
    rmSync(probe, { force: true });
  }
}

/** Opening a file, and not asking for its times alone, makes NFS look at the server. */
function lastBeat(file: string): number {
  let handle: number;
  try {
    handle = openSync(file, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return -Infinity;
    throw error;
  }
  try {
    return fstatSync(handle).mtimeMs;
  } finally {
    closeSync(handle);
  }
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
function ownerIn(note: string): Holder | undefined {
  try {
    const owner = JSON.parse(note) as Partial<Holder> | null;
    const sound = Number.isSafeInteger(owner?.process) && owner!.process! > 0;
    const named = ["string", "undefined"].includes(typeof owner?.machine);
    return sound && named && typeof owner!.started === "string" && typeof owner!.place === "string"
      ? (owner as Holder)
      : undefined;
  } catch {
    return undefined;
  }
}
