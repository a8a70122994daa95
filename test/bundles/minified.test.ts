import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findNewerNode } from "../../scripts/environment.mjs";
import { root } from "../hosts/folders.ts";
import { asCommonJs, bundled, type Bundler, esbuild, vite, webpack } from "./bundlers.ts";
import { installPackage } from "./install.ts";
import { type Outcome, outcomeInPage, outcomeInProcess, PROGRAM } from "./program.ts";

let folder: string;
/** The kernels of the package as it is, not bundled, in a Node that has relaxed SIMD as Chromium does. */
let plain: Outcome;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "crf-rnn-bundles-"));
  await installPackage(folder);
  await writeFile(join(folder, "program.js"), PROGRAM);
  plain = await outcomeInProcess(findNewerNode()!, ["program.js"], folder);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const pages: Record<string, { bundle: Bundler; type?: "text/javascript" }> = {
  esbuild: { bundle: esbuild() },
  "esbuild, one script": { bundle: esbuild({ format: "iife" }), type: "text/javascript" },
  Vite: { bundle: vite },
  webpack: { bundle: webpack("web") },
};

describe.each(Object.entries(pages))("a page by %s", (name, { bundle, type }) => {
  const out = name.replaceAll(/\W/g, "");

  test("is bundled without a warning", async () => {
    expect(await bundle(folder, out)).toEqual([]);
  });

  test("has every thread where it is cross-origin isolated, and the bits of Node", async () => {
    const outcome = await outcomeInPage(join(folder, out), bundled, { isolated: true, type });
    expect(outcome).toEqual({ ...plain, threads: outcome.processors, processors: outcome.processors });
  });

  test("has one thread where it is not, and the bits of Node", async () => {
    const outcome = await outcomeInPage(join(folder, out), bundled, { isolated: false, type });
    expect(outcome).toEqual({ ...plain, threads: 1, variant: "relaxed", processors: outcome.processors });
  });
});

test("a page without a bundler finds it by an import map, and has every thread and the bits of Node", async () => {
  const library = "node_modules/crf-rnn/dist/index.js";
  const outcome = await outcomeInPage(folder, "program.js", { isolated: true, library });
  expect(outcome).toEqual({ ...plain, threads: outcome.processors, processors: outcome.processors });
});

test.each([
  ["esbuild", esbuild({ platform: "node" }), undefined],
  ["esbuild, CommonJS", esbuild({ platform: "node", format: "cjs" }), asCommonJs],
  ["webpack", webpack("node20"), asCommonJs],
])(
  "a server by %s has every thread, the bits of Node, and WebGPU where it is installed",
  async (name, bundle, place) => {
    const out = `server-${name.replaceAll(/\W/g, "")}`;
    expect(await bundle(folder, out)).toEqual([]);
    const file = (await place?.(folder, out)) ?? join(out, bundled);
    expect(await outcomeInProcess(findNewerNode()!, [file], folder)).toEqual(plain);
    // Node's WebGPU is found at run time, from where the bundle lies.
    await expect(outcomeInProcess(findNewerNode()!, [file, "webgpu"], folder)).rejects.toThrow(
      /no WebGPU in this host/,
    );
    await symlink(join(root, "node_modules/webgpu"), join(folder, "node_modules/webgpu"));
    const gpu = await outcomeInProcess(findNewerNode()!, [file, "webgpu"], folder);
    await rm(join(folder, "node_modules/webgpu"));
    expect(gpu.kind).toBe("webgpu");
  },
);
