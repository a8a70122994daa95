import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { root } from "../hosts/folders.ts";

const run = promisify(execFile);
const wanted = `${root}test/bundles/tools/`;
const tools = `${root}.cache/tools/`;

/** Installs what the slow suite alone needs, in the versions of its lock file, unless it is there. */
export async function installTools(): Promise<void> {
  const lock = "package-lock.json";
  const [now, installed] = await Promise.all(
    [wanted, tools].map((at) => readFile(`${at}${lock}`, "utf8").catch(() => "")),
  );
  await cp(wanted, tools, { recursive: true });
  if (now === installed && existsSync(`${tools}node_modules/.${lock}`)) return;
  await run("npm", ["ci"], { cwd: tools });
}

/** A folder that finds the tools' packages by Node's rules; what was made in it goes with it. */
export async function folderAmongTools(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tools, "project.tmp-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** A module among the tools; there are no types of it where they are not installed. */
export const importTool = (name: string): Promise<never> =>
  import(pathToFileURL(createRequire(tools).resolve(name)).href) as Promise<never>;

/** The program of a package among the tools. */
export const toolProgram = (name: string): string => `${tools}node_modules/.bin/${name}`;
