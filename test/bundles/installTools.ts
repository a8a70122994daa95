import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { root } from "../hosts/folders.ts";
import { tools } from "./tools.ts";

const run = promisify(execFile);

/** Installs packages that `npm ci` does not, in the versions of their lock file, unless they are there. */
export async function installFrom(wanted: string, folder: string): Promise<void> {
  const lock = "package-lock.json";
  const [now, installed] = await Promise.all(
    [wanted, folder].map((at) => readFile(`${at}${lock}`, "utf8").catch(() => "")),
  );
  if (now === installed && existsSync(`${folder}node_modules/.${lock}`)) return;
  await cp(wanted, folder, { recursive: true });
  await run("npm", ["ci"], { cwd: folder });
}

/** What the tests of bundles and examples need. */
const installTools = (): Promise<void> => installFrom(`${root}test/bundles/tools/`, tools);

export default installTools;
