import { execFile } from "node:child_process";
import { cp, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import packageJson from "../../package.json" with { type: "json" };
import { root } from "../hosts/folders.ts";

const run = promisify(execFile);

/** Packs the package as npm would publish it and unpacks it into the `node_modules` of a folder, alone. Returns its files. */
export async function installPackage(folder: string): Promise<string[]> {
  const installed = await makeProject(folder);
  // npm test has built dist just before; packing must not build again.
  const { stdout } = await run("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], { cwd: root });
  const tarball = join(folder, stdout.trim().split("\n").at(-1)!);
  await run("tar", ["-xzf", tarball, "-C", installed, "--strip-components=1"]);
  await rm(tarball);
  return await filesBelow(installed);
}

/**
 * The same from copies of the files, which `test/package.test.ts` holds to be those that npm packs: for tests of what users make of the
 * package. Packing takes two seconds of a processor.
 */
export async function copyPackage(folder: string): Promise<void> {
  const installed = await makeProject(folder);
  for (const name of ["package.json", ...packageJson.files]) {
    await cp(join(root, name), join(installed, name), { recursive: true });
  }
}

/** Makes a folder a project of modules. Returns where the package goes. */
async function makeProject(folder: string): Promise<string> {
  const installed = join(folder, "node_modules", "crf-rnn");
  await mkdir(installed, { recursive: true });
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  return installed;
}

/** The paths of all files below a folder, from there. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return paths.map((path) => path.slice(folder.length + 1));
}
