import { closeSync, fsyncSync, openSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { Sink } from "../checkpoint/checkpoint.ts";
import { CrfRnnError } from "../errors.ts";
import { discard, explain, refuseFolder, syncFolder } from "./output.ts";
import { beside } from "./unfinished.ts";

/**
 * Writes a file that is too large to hold in memory: beside its place, piece by piece, then renamed into place. A failure
 * leaves nothing; an interrupt neither, and ends the program, unless the caller hears it by itself (`interruptible: false`).
 * @throws FormatError for a folder that is missing or not writable and for a full disk; what `produce` throws
 */
export async function writeStreamed<T>(
  file: string,
  produce: (sink: Sink) => Promise<T>,
  { interruptible = true } = {},
): Promise<T> {
  const unfinished = beside(file, "new");
  const abandon = (): never => {
    discard(unfinished);
    process.exit(130);
  };
  if (interruptible) process.once("SIGINT", abandon).once("SIGTERM", abandon);
  let handle: number | undefined;
  try {
    refuseFolder(file);
    const open = (handle = openSync(unfinished, "wx"));
    const result = await produce({
      async write(bytes) {
        for (let at = 0; at < bytes.length;) at += writeSync(open, bytes, at, Math.min(bytes.length - at, 1 << 30));
      },
    });
    fsyncSync(handle);
    closeSync(handle);
    handle = undefined;
    renameSync(unfinished, file);
    syncFolder(dirname(file));
    return result;
  } catch (error) {
    throw error instanceof CrfRnnError || !isOfTheDisk(error) ? error : explain(file, error);
  } finally {
    if (handle !== undefined) closeSync(handle);
    discard(unfinished);
    process.off("SIGINT", abandon).off("SIGTERM", abandon);
  }
}

function isOfTheDisk(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}
