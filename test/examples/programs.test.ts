import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../hosts/folders.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "crf-rnn-examples-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Bundles an example's main.ts with the built library and runs it in Node. */
async function run(name: string): Promise<string> {
  const outfile = join(folder, `${name}.mjs`);
  await build({
    entryPoints: [`${root}examples/${name}/main.ts`],
    bundle: true,
    format: "esm",
    platform: "node",
    target: "es2022",
    alias: { "crf-rnn": `${root}dist/index.js` },
    outfile,
  });
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [outfile]);
  expect(stderr).toBe("");
  return stdout;
}

test("a volume is refined", async () => {
  const [, before, after] = /^32768 voxels on \w+: ([\d.]+) right before, ([\d.]+) after\n$/.exec(await run("volume"))!;
  expect(Number(before)).toBeLessThan(0.81);
  expect(Number(after)).toBeGreaterThan(0.99);
});

test("a cloud of points is labeled", async () => {
  const line = /^0\.800 right of 600 points that have scores, ([\d.]+) of all 20000 on \w+\n$/;
  expect(Number(line.exec(await run("point-cloud"))![1])).toBeGreaterThan(0.95);
});
