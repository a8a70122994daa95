import { join } from "node:path";
import { expect, test } from "vitest";
import { findNewerNode } from "../../scripts/environment.mjs";
import { bun, parcel, rollupWithTerser, rspack } from "./heavyBundlers.ts";
import { describePage } from "./page.ts";
import { outcomeInProcess } from "./program.ts";
import { toolProgram, useTools } from "./tools.ts";

const project = useTools();

describePage("Rollup and terser", project, rollupWithTerser);
describePage("Rspack", project, rspack);
describePage("Parcel", project, parcel);
describePage("Bun", project, bun("browser"));

test.each([
  ["Node", bun("node"), findNewerNode()!],
  ["Bun", bun("bun"), toolProgram("bun")],
])("a server by Bun for %s has every thread, and the bits of the package as it is", async (name, bundle, program) => {
  const { folder } = project;
  const file = join(`server-${name}`, "program.js");
  expect(await bundle(folder, `server-${name}`, "program.js")).toEqual([]);
  // Bun's engine does not fuse multiply-adds where V8 does, so the host is the same.
  const expected = await outcomeInProcess(program, ["program.js"], folder);
  expect(await outcomeInProcess(program, [file], folder)).toEqual(expected);
  expect(expected.threads).toBe(expected.processors);
  // Through the package webgpu, which lies where the program finds it.
  expect((await outcomeInProcess(program, [file, "webgpu"], folder)).kind).toBe("webgpu");
});
