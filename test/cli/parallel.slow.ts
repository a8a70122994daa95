import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { expect, test } from "vitest";
import { root } from "../hosts/folders.ts";
import { shapesFolder, trainWords } from "./training.ts";

test("examples/cluster/segment-parallel.sh labels all, once, however often it is run", () => {
  try {
    execFileSync("parallel", ["--version"], { stdio: "ignore" });
  } catch (cause) {
    throw new Error("this test needs GNU parallel: apt-get install --no-install-recommends parallel", { cause });
  }
  using folder = shapesFolder();
  expect(folder.run(trainWords("crf", "--stage", "crf-rnn", "--steps", "1", "--quiet")).status).toBe(0);
  copyFileSync(folder.file("crf/checkpoint.safetensors"), folder.file("crf.safetensors"));
  renameSync(folder.file("shapes/images"), folder.file("photos"));
  // npx as it is where the package is installed.
  folder.write(
    "npx",
    `#!/bin/sh\nshift\nexec ${process.execPath} ${root}dist/cli.js "$@" --device wasm --iterations 1\n`,
  );
  chmodSync(folder.file("npx"), 0o755);
  const run = () =>
    spawnSync("bash", [`${root}examples/cluster/segment-parallel.sh`], {
      cwd: folder.path,
      env: { ...process.env, PATH: `${folder.path}:${process.env.PATH}` },
      encoding: "utf8",
    });
  expect(run()).toMatchObject({ status: 0 });
  const masks = readdirSync(folder.file("masks"));
  expect(masks.filter((name) => !name.includes("overlay"))).toHaveLength(8);
  const times = () => masks.map((name) => statSync(folder.file(`masks/${name}`)).mtimeMs);
  const before = times();
  const log = readFileSync(folder.file("segment.log"), "utf8");
  expect(log.trim().split("\n")).toHaveLength(17); // a heading and 16 parts, half of which have nothing to do

  expect(run()).toMatchObject({ status: 0 }); // by parallel's log nothing is left
  expect(readFileSync(folder.file("segment.log"), "utf8")).toBe(log);
  rmSync(folder.file("segment.log"));
  folder.remove(`masks/${masks[0]}`);
  expect(run()).toMatchObject({ status: 0 }); // without it each part knows by itself
  expect(readdirSync(folder.file("masks"))).toEqual(masks);
  expect(times().filter((time, i) => time === before[i])).toHaveLength(masks.length - 2); // a map and its overlay
});
