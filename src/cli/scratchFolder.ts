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
    // Short, since a socket will lie in it, whose path may have 108 characters.
    this.path = mkdtempSync(join(tmpdir(), `${prefix}${place}-${id}-${started}-`));
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

const prefix = "crf-rnn-";
const named = new RegExp(`^${prefix}([0-9a-f]{12})-(\\d+)-(\\d*)-\\w{6}$`);

function removeLeftovers(): void {
  for (const name of readdirSync(tmpdir())) {
    const [, place, id, started] = named.exec(name) ?? [];
    if (place === undefined || lives({ process: Number(id), started, place })) continue;
    // Of another place, such as another container: it may live there.
    if (place === thisProcess().place) removeFolder(join(tmpdir(), name));
  }
}

/** Removes what is this user's own; a program that is still ending may write into it, and then the next run removes it. */
function removeFolder(path: string): void {
  try {
    const facts = lstatSync(path);
    if (!facts.isDirectory() || (process.getuid && facts.uid !== process.getuid())) return;
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    // It is gone, or will be.
  }
}
