import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { root } from "../hosts/folders.ts";

const run = promisify(execFile);

test("the example trains a network and its CRF by one optimizer, and finds a disk that it has not seen", async () => {
  const outfile = `${root}build/test/tfjsTraining.mjs`;
  await build({
    entryPoints: [`${root}examples/tfjs-training/train.ts`],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "es2022",
    mainFields: ["module", "main"],
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    alias: { "crf-rnn/tfjs": `${root}src/bridges/tfjs.ts` },
  });
  const { stdout } = await run(process.execPath, [outfile]);
  const losses = [...stdout.matchAll(/loss (\S+)/g)].map(([, loss]) => Number(loss));
  expect(losses).toHaveLength(3);
  expect(losses[2]).toBeLessThan(losses[0]! / 2);
  expect(Number(/not learned: (\S+) %/.exec(stdout)![1])).toBeGreaterThan(93);
});
