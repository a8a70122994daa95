import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { build } from "vite";
import { root } from "../hosts/folders.ts";

/** Builds another page by the lab's own configuration, with its sources and styles. */
export async function buildPage(from: string, to: string): Promise<void> {
  const configFile = join(root, "lab/vite.config.ts");
  await build({ configFile, root: from, logLevel: "warn", build: { outDir: to } });
}

const folder = join(root, "build/lab/tested");
const stamp = join(root, "build/lab/tested.txt");
const lock = join(root, "build/lab/lock");

/** A lock that is older than this was left by a run that was killed, in milliseconds. */
const stale = 120_000;

/** The youngest of the files that the lab is made of. */
async function newest(): Promise<string> {
  const files = ["lab", "dist"].map(async (name) => {
    const all = await readdir(join(root, name), { recursive: true, withFileTypes: true });
    return all
      .filter((entry) => entry.isFile() && !entry.parentPath.startsWith(join(root, "lab/dist")))
      .map((entry) => join(entry.parentPath, entry.name));
  });
  const paths = (await Promise.all(files)).flat();
  const times = await Promise.all(paths.map(async (path) => (await stat(path)).mtimeMs));
  return `${paths.length} files, ${Math.max(...times)}`;
}

/**
 * The folder of the built lab, built anew only where a source has changed. Files of tests run side by side, so one builds and the
 * others wait.
 */
export async function builtLab(): Promise<string> {
  const wanted = await newest();
  await mkdir(join(root, "build/lab"), { recursive: true });
  for (;;) {
    if (existsSync(stamp) && (await readFile(stamp, "utf8")) === wanted) return folder;
    const locked = await mkdir(lock).then(
      () => true,
      () => false,
    );
    if (locked) break;
    const age = await stat(lock).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (age > stale) await rmdir(lock).catch(() => {});
    await wait(100);
  }
  try {
    const fresh = `${folder}.new`;
    await buildPage(join(root, "lab"), fresh);
    await rm(folder, { recursive: true, force: true });
    await rename(fresh, folder);
    await writeFile(stamp, wanted);
  } finally {
    await rmdir(lock);
  }
  return folder;
}
