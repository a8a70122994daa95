// oxfmt over assembly/: AssemblyScript is TypeScript to it but for `@inline` above functions, where TypeScript has no
// decorators. They go through it as comments.
//
//   node scripts/formatAssembly.mjs           format
//   node scripts/formatAssembly.mjs --check   list the files that are not formatted; exit status 1 where there are any
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { format } from "oxfmt";
import { glob } from "./files.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const { printWidth } = JSON.parse(await readFile(join(root, ".oxfmtrc.json"), "utf8"));
const check = process.argv.includes("--check");
let wrong = 0;
for (const file of await glob(join(root, "assembly"), ".ts")) {
  const text = await readFile(file, "utf8");
  const readable = text.replace(/^@(\w+)$/gm, "//@$1");
  const { code, errors } = await format(file, readable, { printWidth });
  if (errors.length > 0) throw new Error(`${file}: ${errors.map(({ message }) => message).join("; ")}`);
  const formatted = code.replace(/^\/\/@(\w+)$/gm, "@$1");
  if (formatted === text) continue;
  wrong++;
  if (check) console.error(`${file}: not formatted; npm run format mends it`);
  else await writeFile(file, formatted);
}
if (check && wrong > 0) process.exitCode = 1;
