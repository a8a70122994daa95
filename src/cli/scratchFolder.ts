import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lives, thisProcess } from "./owner.ts";

/**
 * A folder of this process for what another program leaves lying about: gone when it is disposed of or the process exits. What a
 * killed process left is removed when the next one makes its own; the name tells whose it is.
 */
export class ScratchFolder implements Disposable {
  readonly path: string;
  readonly #remove = (): void => removeFolder(this.path);

  constructor() {
    removeLeftovers();
    const { process: id, started, place } = thisProcess();
    this.path = mkdtempSync(join(parent(), `${prefix}${place}-${id}-${started}-`));
    process.once("exit", this.#remove);
  }

  /** Makes a folder in it. */
  folder(name: string): string {
    const path = join(this.path, name);
    mkdirSync(path, { recursive: true });
    return path;
  }

  [Symbol.dispose](): void {
    process.off("exit", this.#remove);
    this.#remove();
  }
}

/** Chromium puts a socket into its folder, whose path Linux limits to 107 bytes; this many are left for the temporary folder's. */
const longestParent = 16;

const parent = (): string => (process.platform === "linux" && tmpdir().length > longestParent ? "/tmp" : tmpdir());

const prefix = "crf-rnn-";
const named = new RegExp(`^${prefix}([0-9a-f]{8})-(\\d+)-(\\d*)-\\w{6}$`);

function removeLeftovers(): void {
  for (const name of readdirSync(parent())) {
    const [, place, id, started = ""] = named.exec(name) ?? [];
    if (place === undefined || lives({ process: Number(id), started, place })) continue;
    // A folder of another machine or container is left alone, because its process may still be running there.
    if (place === thisProcess().place) removeFolder(join(parent(), name));
  }
}

/** Removes what is this user's own; a program that is still ending may write into it, and then the next run removes it. */
function removeFolder(path: string): void {
  try {
    const facts = lstatSync(path);
    if (!facts.isDirectory() || (process.getuid && facts.uid !== process.getuid())) return;
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    // Another process has removed the folder or will remove it.
  }
}
