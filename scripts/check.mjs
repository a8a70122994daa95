// The last part of `npm test`: lint beside the tests, which wait for hosts a quarter of the time. Lint speaks when the tests are done. Ends with status 1
// where either finds anything.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const start = (program, words, stdio) => spawn(process.execPath, [join(root, program), ...words], { cwd: root, stdio });
const ended = async (child) => (await once(child, "close"))[0];

const tests = ended(start("node_modules/vitest/vitest.mjs", ["run", ...process.argv.slice(2)], "inherit"));
const lint = start("scripts/lint.mjs", [], ["ignore", "pipe", "pipe"]);
const said = [];
for (const stream of [lint.stdout, lint.stderr]) stream.on("data", (piece) => said.push(piece));
const statuses = await Promise.all([tests, ended(lint)]);
process.stdout.write(Buffer.concat(said));
process.stdout.write(statuses[1] === 0 ? "lint finds nothing\n" : "lint finds what stands above\n");
process.exitCode = statuses.every((status) => status === 0) ? 0 : 1;
