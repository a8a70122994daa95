import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { root } from "../hosts/folders.ts";
import { tools } from "./tools.ts";

const run = promisify(execFile);
const wanted = `${root}test/bundles/tools/`;

/** Installs what the slow suite alone needs, in the versions of its lock file, unless it is there. */
export default async function installTools(): Promise<void> {
  const lock = "package-lock.json";
  const [now, installed] = await Promise.all(
    [wanted, tools].map((at) => readFile(`${at}${lock}`, "utf8").catch(() => "")),
  );
  if (now === installed && existsSync(`${tools}node_modules/.${lock}`)) return;
  await cp(wanted, tools, { recursive: true });
  await run("npm", ["ci"], { cwd: tools });
}
