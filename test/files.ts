import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { findFolders, type Folders } from "./hosts/folders.ts";
import type { Fixtures } from "./suite.ts";

/** The fixtures for tests that run in vitest itself. @throws Error if CRF_RNN_SHARED names a folder that does not exist. */
export function openFixtures(): Fixtures {
  const folders = findFolders();
  return {
    shared: folders.shared !== undefined,
    bytes: async (path) => {
      const [folder = "", ...rest] = path.split("/");
      return new Uint8Array(await readFile(join(folders[folder as keyof Folders] ?? folder, ...rest)));
    },
  };
}
