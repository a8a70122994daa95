import { randomInt } from "node:crypto";
import { readdirSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/**
 * The purpose of a file beside another one: to become it, to keep its former contents, or to try whether it can be
 * written.
 */
export type Purpose = "new" | "former" | "probe";

const pattern = /^\.(.+)\.\d+\.(?:new|former|probe)\.tmp$/;

/** Milliseconds after which nobody is at work any more on an unfinished file that did not change. */
const abandoned = 3_600_000;

/**
 * A name beside `file` that nobody else has: it is drawn at random, since processes of two containers may have one number.
 * What is there under that name all the same is not to be written over: open it with "wx".
 */
export function beside(file: string, purpose: Purpose): string {
  return join(dirname(file), `.${basename(file)}.${randomInt(2 ** 47)}.${purpose}.tmp`);
}

/** The name of the file beside which one of this name was made by `beside`; undefined for other names. */
export function finishedName(name: string): string | undefined {
  return pattern.exec(name)?.[1];
}

/**
 * Removes what killed processes left beside `file`, but nothing of the last hour: another process may be writing it. What cannot be
 * seen or removed stays.
 */
export function removeAbandoned(file: string): void {
  try {
    for (const name of readdirSync(dirname(file))) {
      if (finishedName(name) !== basename(file)) continue;
      const path = join(dirname(file), name);
      const facts = statSync(path, { throwIfNoEntry: false });
      if (facts && Date.now() - facts.mtimeMs > abandoned) rmSync(path, { force: true });
    }
  } catch {
    // A folder that may be written to but not listed, or a file of somebody else's: it is in nobody's way.
  }
}
