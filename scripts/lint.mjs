// npm run lint: formatting of everything, AssemblyScript included, and oxlint, all at once. Ends with status 1 where one finds anything.
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const programs = [
  ["node_modules/oxfmt/bin/oxfmt", "--check"],
  ["scripts/formatAssembly.mjs", "--check"],
  ["node_modules/oxlint/bin/oxlint"],
];

const statusOf = ([program, ...words]) =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, program), ...words], { cwd: root, stdio: "inherit" });
    child.once("error", reject);
    child.once("close", (status) => resolve(status ?? 1));
  });

const statuses = await Promise.all(programs.map(statusOf));
process.exitCode = statuses.every((status) => status === 0) ? 0 : 1;
