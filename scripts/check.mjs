// The last part of `npm test`: types and lint beside the tests, which wait for hosts a quarter of the time. They speak when the tests are done. Ends with
// status 1 where any of the three finds anything.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const start = (program, words, stdio) => spawn(process.execPath, [join(root, program), ...words], { cwd: root, stdio });
const ended = async (child) => (await once(child, "close"))[0];

/** A program whose words are kept until they are asked for. */
function quietly(name, program, words) {
  const child = start(program, words, ["ignore", "pipe", "pipe"]);
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (piece) => said.push(piece));
  return { name, said, status: ended(child) };
}

const tests = ended(start("node_modules/vitest/vitest.mjs", ["run", ...process.argv.slice(2)], "inherit"));
const others = [
  quietly("typecheck", "node_modules/@typescript/native/bin/tsc", ["--project", "tsconfig.json"]),
  quietly("lint", "scripts/lint.mjs", []),
];
const statuses = [await tests];
for (const { name, said, status } of others) {
  statuses.push(await status);
  process.stdout.write(Buffer.concat(said));
  process.stdout.write(statuses.at(-1) === 0 ? `${name} finds nothing\n` : `${name} finds what stands above\n`);
}
process.exitCode = statuses.every((status) => status === 0) ? 0 : 1;
