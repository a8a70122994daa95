import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { root } from "../hosts/folders.ts";

const run = promisify(execFile);

/**
 * Builds the lab, or another page by the lab's own configuration, as the command line does. It is a process of its own, since Vite builds
 * for production only where NODE_ENV is not that of tests.
 */
export async function buildPage(from: string, to: string): Promise<void> {
  const vite = join(root, "node_modules/vite/bin/vite.js");
  const words = ["build", from, "--config", join(root, "lab/vite.config.ts"), "--outDir", to, "--logLevel", "warn"];
  await run(process.execPath, [vite, ...words], { env: { ...process.env, NODE_ENV: "production" } });
}

/** A folder of its own with test/lab/gallery: every component that rooms share, and a worker that has a device. */
export async function builtGallery(): Promise<string> {
  const to = await mkdtemp(join(tmpdir(), "crf-rnn-gallery-"));
  await buildPage(join(root, "test/lab/gallery"), to);
  return to;
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
  const paths = [...(await Promise.all(files)).flat(), join(root, "package.json"), fileURLToPath(import.meta.url)];
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
