import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, extname } from "node:path";
import { FormatError, UsageError } from "../errors.ts";
import { DistinctFiles } from "./distinctFiles.ts";
import { beside, removeAbandoned } from "./unfinished.ts";

/** A file to write: where, and what. */
export interface Output {
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** A path that a flag names for writing, e.g. `{ flag: "--out", file: "labels.png", extension: ".png" }`. */
export interface Destination {
  readonly flag: string;
  readonly file: string;
  readonly extension: string;
}

const reasons: Record<string, { readonly got: string; readonly remedy: string }> = {
  ENOSPC: { got: "a full disk", remedy: "free some space or choose another folder" },
  EDQUOT: { got: "an exhausted disk quota", remedy: "free some space or choose another folder" },
  EACCES: { got: "a folder that may not be written to", remedy: "change its permissions or choose another folder" },
  EPERM: { got: "a folder that may not be written to", remedy: "change its permissions or choose another folder" },
  EROFS: { got: "a read-only file system", remedy: "choose another folder" },
  ENOENT: { got: "a folder that does not exist", remedy: "create the folder first" },
  EEXIST: { got: "a file of that name", remedy: "choose another name" },
  ENOTDIR: { got: "a path through something that is no folder", remedy: "choose another folder" },
  ENAMETOOLONG: {
    got: "a name that is too long",
    remedy: "choose a shorter one: while it is written it gets 30 more bytes",
  },
  EISDIR: { got: "a folder", remedy: "give the name of a file" },
};

/**
 * Checks, before any work is done, that every destination can be written: right extension, no two alike, none of them an
 * input, an existing writable folder.
 * @throws UsageError or FormatError, having left nothing behind
 */
export function checkDestinations(destinations: readonly Destination[], inputs: readonly string[] = []): void {
  const files = new DistinctFiles();
  for (const file of inputs) files.add(file, `${file}, which is read`);
  for (const { flag, file, extension } of destinations) {
    if (extname(file).toLowerCase() !== extension) {
      throw new UsageError({ where: flag, expected: `a file name that ends in ${extension}`, got: `'${file}'` });
    }
    const other = files.add(file, `the same file as ${flag}`);
    if (other)
      throw new UsageError({ where: flag, expected: "a file of its own", got: other, remedy: "choose another name" });
    const probe = beside(file, "probe");
    try {
      refuseFolder(file);
      closeSync(openSync(probe, "wx"));
      removeAbandoned(file);
    } catch (error) {
      throw explain(file, error);
    } finally {
      discard(probe);
    }
  }
}

/**
 * Writes all files or none. Each is first written beside its place, then all are renamed into place. If a rename fails,
 * files that were already replaced are restored. A file that existed is never missing in between, so the process may be
 * killed at any moment.
 * @throws FormatError for a folder that is missing or not writable and for a full disk
 */
export function writeTogether(outputs: readonly Output[]): void {
  const steps = outputs.map((output) => ({ ...output, unfinished: beside(output.file, "new") }));
  const placed: { readonly file: string; readonly former?: string }[] = [];
  const temporary = steps.map(({ unfinished }) => unfinished);
  let current = "";
  try {
    for (const { file, bytes, unfinished } of steps) {
      current = file;
      refuseFolder(file);
      writeWhole(unfinished, bytes);
    }
    for (const { file, unfinished } of steps) {
      current = file;
      const former = outputs.length > 1 && existsSync(file) ? beside(file, "former") : undefined;
      if (former) {
        temporary.push(former);
        copyFileSync(file, former, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
      }
      renameSync(unfinished, file);
      placed.push({ file, former });
    }
    for (const folder of new Set(outputs.map(({ file }) => dirname(file)))) syncFolder(folder);
  } catch (error) {
    for (const { file, former } of placed.reverse()) {
      if (former) renameSync(former, file);
      else rmSync(file, { force: true });
    }
    throw explain(current, error);
  } finally {
    temporary.forEach(discard);
  }
}

/**
 * Has the names in a folder written to the disk, so that a loss of power does not undo the renames. Where folders cannot be
 * opened (Windows) or the file system knows no such thing, nothing is done.
 */
export function syncFolder(folder: string): void {
  let handle: number;
  try {
    handle = openSync(folder, "r");
  } catch {
    return;
  }
  try {
    fsyncSync(handle);
  } catch (error) {
    if (!["EINVAL", "ENOTSUP", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  } finally {
    closeSync(handle);
  }
}

/** Makes a folder, and those above it, unless it is there. @throws FormatError */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw explain(folder, error);
  }
}

/** Synchronous, so that an interrupt from the keyboard is only heard before or after. */
function writeWhole(file: string, bytes: Uint8Array): void {
  const handle = openSync(file, "wx");
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(handle, bytes, at);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Removes a temporary file if it was created. */
export function discard(file: string): void {
  if (existsSync(file)) rmSync(file);
}

export function refuseFolder(file: string): void {
  if (!statSync(file, { throwIfNoEntry: false })?.isDirectory()) return;
  throw Object.assign(new Error(`${file} is a folder`), { code: "EISDIR" });
}

export function explain(file: string, error: unknown): FormatError {
  const { code, message } = error as NodeJS.ErrnoException;
  const reason = reasons[code ?? ""] ?? { got: message, remedy: "choose another folder" };
  return new FormatError({ file, expected: "a place to write to", ...reason }, { cause: error });
}
