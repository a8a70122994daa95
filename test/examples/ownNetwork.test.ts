import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { writeShapes } from "../../src/cli/demo/shapesFolder.ts";
import { Folder } from "../cli/command.ts";
import { root } from "../hosts/folders.ts";

const run = promisify(execFile);

test("the example trains a U-Net on a folder, alone and with a CRF on top, and scores both", async () => {
  using folder = new Folder();
  writeShapes(folder.file("shapes"), { seed: 5, size: 21, train: 8, val: 3 }); // 21, 11 and 6 pixels on a side
  const outfile = `${root}build/test/ownNetwork.mjs`;
  await build({
    entryPoints: [`${root}examples/own-network/main.ts`],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "es2022",
    packages: "external",
    alias: { "crf-rnn/data": `${root}src/data/data.ts`, "crf-rnn": `${root}src/index.ts` },
  });
  const { stdout } = await run(process.execPath, [outfile, folder.file("shapes"), "6", "4"]);
  const found = [...stdout.matchAll(/mean IU (\S+)/g)].map(([, score]) => Number(score));
  expect(found).toHaveLength(3);
  expect(found.every((score) => score > 0 && score <= 1)).toBe(true);
  for (const [, first, last] of stdout.matchAll(/loss (\S+) to ([\d.]+)/g)) {
    expect(Number(last)).toBeLessThan(Number(first));
  }
});
