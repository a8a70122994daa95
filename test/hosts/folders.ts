import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The repository's root. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

/** Where each first word of a fixture's path leads; `shared` is absent where that folder is. */
export interface Folders {
  readonly fixtures: string;
  readonly shared?: string;
}

/** @throws Error if CRF_RNN_SHARED names a folder that does not exist. */
export function findFolders(): Folders {
  const fixtures = `${root}test/fixtures`;
  const named = process.env.CRF_RNN_SHARED;
  if (named !== undefined && !existsSync(named)) throw new Error(`CRF_RNN_SHARED names no folder: ${named}`);
  const shared = named ?? fileURLToPath(new URL("../../../shared", import.meta.url));
  return existsSync(shared) ? { fixtures, shared } : { fixtures };
}
