import { execFile } from "node:child_process";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "../hosts/folders.ts";

const run = promisify(execFile);

/** Packs the package as npm would publish it and unpacks it into the `node_modules` of a folder, alone. Returns its files. */
export async function installPackage(folder: string): Promise<string[]> {
  const installed = join(folder, "node_modules", "crf-rnn");
  await mkdir(installed, { recursive: true });
  // npm test has built dist just before; packing must not build again.
  const { stdout } = await run("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], { cwd: root });
  const tarball = join(folder, stdout.trim().split("\n").at(-1)!);
  await run("tar", ["-xzf", tarball, "-C", installed, "--strip-components=1"]);
  await rm(tarball);
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  const entries = await readdir(installed, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return paths.map((path) => path.slice(installed.length + 1));
}
