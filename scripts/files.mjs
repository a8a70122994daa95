import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** All files below `folder` whose name ends in `suffix`, sorted. */
export async function glob(folder, suffix) {
  const entries = await readdir(folder, { recursive: true });
  return entries
    .filter((name) => name.endsWith(suffix))
    .sort()
    .map((name) => join(folder, name));
}
