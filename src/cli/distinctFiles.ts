import { closeSync, existsSync, openSync, realpathSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { beside } from "./unfinished.ts";

/**
 * Tells files apart by their identity and not by their names: links, and names that differ in case, lead to one file.
 */
export class DistinctFiles {
  readonly #descriptions = new Map<string, string>();
  readonly #withoutCase = new Map<string, string>();

  /** Adds a file, there or still to be made. Returns what was said of the same file when it was added before. */
  add(file: string, description: string): string | undefined {
    const identity = identify(file);
    const withoutCase = identity.normalize("NFC").toLowerCase();
    const alike = this.#withoutCase.get(withoutCase);
    const other = this.#descriptions.get(identity) ?? (alike !== undefined && ignoresCase(file) ? alike : undefined);
    if (other !== undefined) return other;
    this.#descriptions.set(identity, description);
    this.#withoutCase.set(withoutCase, description);
    return undefined;
  }
}

/** The inode of a file that is there, of which links share one; else its folder's real path and its name. */
function identify(file: string): string {
  try {
    const facts = statSync(file, { bigint: true, throwIfNoEntry: false });
    return facts ? `${facts.dev}:${facts.ino}` : join(realPath(dirname(file)), basename(file));
  } catch {
    return resolve(file); // A path through a file, for one: reading or writing it will tell.
  }
}

/** The real path of a folder that is there, or of the one above it that is, with the rest of the words. */
function realPath(folder: string): string {
  const absolute = resolve(folder);
  if (existsSync(absolute) || dirname(absolute) === absolute) return realpathSync(absolute);
  return join(realPath(dirname(absolute)), basename(absolute));
}

/** Whether names that differ in case alone are one in a file's folder, which only trying shows: folders differ. */
function ignoresCase(file: string): boolean {
  const folder = dirname(resolve(file));
  if (!existsSync(folder) && folder !== dirname(folder)) return ignoresCase(folder);
  const probe = beside(file, "probe");
  try {
    closeSync(openSync(probe, "wx"));
    return existsSync(join(folder, basename(probe).toUpperCase()));
  } catch {
    return false; // The folder may not be written to, which writing will tell.
  } finally {
    rmSync(probe, { force: true });
  }
}
