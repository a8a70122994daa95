import { mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { UsageError } from "../../errors.ts";
import { explain } from "../output.ts";

/** Keeps a run's folder to one process: two that wrote to it would mix their metrics and checkpoints. */
export class Lock implements Disposable {
  readonly #folder: string;
  readonly #made: boolean;

  /**
   * Makes the folder where there is none. The lock of a process that was killed is taken over; so is one of another
   * machine, whose processes cannot be seen from here.
   * @throws UsageError while another process of this machine holds it; FormatError for a folder that cannot be written to
   */
  constructor(folder: string) {
    this.#folder = folder;
    const file = join(folder, lockFile);
    const holder = holderOf(file);
    if (holder !== undefined) {
      throw new UsageError({
        where: "--out",
        expected: "a folder that no other process trains in",
        got: `${folder}, where process ${holder} does`,
        remedy: `wait for it, stop it, or name another folder; if it is another program by now, delete ${file}`,
      });
    }
    try {
      this.#made = mkdirSync(folder, { recursive: true }) !== undefined;
      rmSync(file, { force: true });
      writeFileSync(file, JSON.stringify({ process: process.pid, machine: hostname() }), { flag: "wx" });
    } catch (error) {
      throw explain(file, error);
    }
  }

  /** Leaves no trace: neither the lock, nor the folder if nothing came into it. */
  [Symbol.dispose](): void {
    rmSync(join(this.#folder, lockFile), { force: true });
    if (!this.#made) return;
    try {
      rmdirSync(this.#folder);
    } catch {
      // It holds a run.
    }
  }
}

const lockFile = "lock.json";

/** The live process of this machine that holds a lock, if any. */
function holderOf(file: string): number | undefined {
  let lock: { readonly process?: unknown; readonly machine?: unknown };
  try {
    lock = JSON.parse(readFileSync(file, "utf8")) as typeof lock;
  } catch {
    return undefined; // there is none, or half of one, of a process that was killed
  }
  const { process: holder, machine } = lock;
  const here = Number.isInteger(holder) && machine === hostname() && holder !== process.pid;
  return here && lives(holder as number) ? (holder as number) : undefined;
}

function lives(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // another user's
  }
}
