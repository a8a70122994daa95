import { build } from "esbuild";
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { pages, sentence, sentencePattern, type Size, sizeOf } from "../bench/size.mjs";
import { root } from "./hosts/folders.ts";

describe("open and crfRnn in a page", () => {
  let size: Size;
  beforeAll(async () => {
    size = await sizeOf();
  });

  test("are at most 51.5 kB, minified and gzipped, and 81 kB with the module of WebAssembly", () => {
    expect(size.whole.gzipped).toBeLessThanOrEqual(51_500);
    expect(size.whole.gzipped + size.WebAssembly.gzipped).toBeLessThanOrEqual(81_000);
  });

  test("have no part that is not counted, and none that is empty", () => {
    const { whole, WebAssembly, ...parts } = size;
    const sum = Object.values(parts).reduce((total, { minified }) => total + minified, 0);
    expect(Math.abs(sum - whole.minified)).toBeLessThan(100);
    for (const { gzipped } of [WebAssembly, ...Object.values(parts)]) expect(gzipped).toBeGreaterThan(5000);
  });

  test("are what pages say: node bench/size.mjs --write brings them up to date", () => {
    const stated = pages.flatMap((page) => sentencePattern.exec(readFileSync(`${root}${page}`, "utf8"))?.[0] ?? []);
    expect([...new Set(stated)]).toEqual([sentence(size)]);
  });
});

test("an error alone brings nothing else along", async () => {
  expect((await sizeOf("{ ShapeError }")).whole.minified).toBeLessThan(3000);
});

/**
 * Parcel (2.16) loses what a file that is loaded late has in common with the entry of a worker, once that is worth a file of its own:
 * 6.7 kB were not, 7.2 were. So one such file, that of `open({ worker })`, shares code with the entry, and the others bring what they
 * need or are given it. All of them share some lines of esbuild's.
 */
test("of what a page loads late, one file shares code with the entry, and little of it", async () => {
  const { outputs } = (
    await build({
      entryPoints: [`${root}dist/index.js`],
      bundle: true,
      splitting: true,
      minify: true,
      metafile: true,
      write: false,
      format: "esm",
      outdir: "out",
      external: ["node:*"],
      absWorkingDir: root,
      logLevel: "silent",
    })
  ).metafile;
  const [entry] = Object.values(outputs).filter(({ entryPoint }) => entryPoint === "dist/index.js");
  const of = (kind: string): string[] => entry!.imports.flatMap((one) => (one.kind === kind ? [one.path] : []));
  const early = of("import-statement");
  const shared = of("dynamic-import").map((late) =>
    outputs[late]!.imports.reduce((sum, { path }) => sum + (early.includes(path) ? outputs[path]!.bytes : 0), 0),
  );
  expect(shared.length).toBeGreaterThanOrEqual(3);
  expect(shared.filter((bytes) => bytes > 1000)).toHaveLength(1);
  expect(Math.max(...shared)).toBeLessThan(5000);
});
