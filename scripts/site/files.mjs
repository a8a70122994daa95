import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join, sep } from "node:path";

/** All files below a folder, by their paths in it, with slashes. */
export async function allFiles(folder) {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, "/").length).split(sep).join("/"))
    .sort();
}

/** Whether `file` is missing or older than something in one of `sources`, which are files and folders, except for paths that `not` fits. */
export async function isStale(file, sources, not = /^$/) {
  if (!existsSync(file)) return true;
  const { mtimeMs } = await stat(file);
  for (const source of sources) if ((await newest(source, not)) > mtimeMs) return true;
  return false;
}

/** When the youngest file in a folder was changed; 0 where there is none. */
async function newest(source, not) {
  if (!existsSync(source)) return 0;
  const facts = await stat(source);
  if (!facts.isDirectory()) return facts.mtimeMs;
  const files = (await allFiles(source)).filter((file) => !not.test(file));
  const times = await Promise.all(files.map(async (file) => (await stat(join(source, file))).mtimeMs));
  return Math.max(0, ...times);
}
