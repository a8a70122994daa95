import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { pages, sentence, sentencePattern, type Size, sizeOf } from "../bench/size.mjs";
import { root } from "./hosts/folders.ts";

describe("open and crfRnn in a page", () => {
  let size: Size;
  beforeAll(async () => {
    size = await sizeOf();
  });

  test("are at most 45 kB, minified and gzipped, and 65 kB with the module of WebAssembly", () => {
    expect(size.whole.gzipped).toBeLessThanOrEqual(45_000);
    expect(size.whole.gzipped + size.WebAssembly.gzipped).toBeLessThanOrEqual(65_000);
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
