import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findNewerNode } from "../../scripts/environment.mjs";
import { bundled, type Bundler } from "./bundlers.ts";
import { bun, parcel, rollupWithTerser, rspack } from "./heavyBundlers.ts";
import { installPackage } from "./install.ts";
import { type Outcome, outcomeInPage, outcomeInProcess, PROGRAM } from "./program.ts";
import { folderAmongTools, installTools, toolProgram } from "./tools.ts";

let folder: string;
let remove: () => Promise<void>;
let plain: Outcome;

beforeAll(async () => {
  await installTools();
  ({ path: folder, remove } = await folderAmongTools());
  await installPackage(folder);
  await writeFile(join(folder, "program.js"), PROGRAM);
  plain = await outcomeInProcess(findNewerNode()!, ["program.js"], folder);
});

afterAll(() => remove());

const pages: Record<string, Bundler> = {
  "Rollup and terser": rollupWithTerser,
  Rspack: rspack,
  Parcel: parcel,
  Bun: bun("browser"),
};

describe.each(Object.entries(pages))("a page by %s", (name, bundle) => {
  const out = name.replaceAll(/\W/g, "");

  test("is bundled without a warning", async () => {
    expect(await bundle(folder, out)).toEqual([]);
  });

  test("has every thread where it is cross-origin isolated, and the bits of Node", async () => {
    const outcome = await outcomeInPage(join(folder, out), bundled, { isolated: true });
    expect(outcome).toEqual({ ...plain, threads: outcome.processors, processors: outcome.processors });
  });

  test("has one thread where it is not, and the bits of Node", async () => {
    const outcome = await outcomeInPage(join(folder, out), bundled, { isolated: false });
    expect(outcome).toEqual({ ...plain, threads: 1, variant: "relaxed", processors: outcome.processors });
  });
});

test.each([
  ["Node", bun("node"), findNewerNode()!],
  ["Bun", bun("bun"), toolProgram("bun")],
])("a server by Bun for %s has every thread, and the bits of the package as it is", async (name, bundle, program) => {
  const out = `server-${name}`;
  expect(await bundle(folder, out)).toEqual([]);
  // Bun's engine does not fuse multiply-adds where V8 does, so the host is the same.
  const expected = await outcomeInProcess(program, ["program.js"], folder);
  expect(await outcomeInProcess(program, [join(out, bundled)], folder)).toEqual(expected);
  expect(expected.threads).toBe(expected.processors);
  // Through the package webgpu, which lies where the program finds it.
  expect((await outcomeInProcess(program, [join(out, bundled), "webgpu"], folder)).kind).toBe("webgpu");
});
