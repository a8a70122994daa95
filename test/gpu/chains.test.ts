import { expect, test } from "vitest";
import { chainOf, chains, paddingOf } from "../../bench/gpu/chains.ts";
import { allKernels } from "../../bench/gpu/kernels.ts";
import { kernelForms } from "../../src/nn/tune.ts";

/** Bounds of loops that are no constants: names in lower case that the kernel does not declare `const`. */
function variableBounds(code: string): string[] {
  const constants = new Set([...code.matchAll(/^const (\w+)/gm)].map(([, name]) => name));
  return (
    [...code.matchAll(/\bfor \([^;]*;[^;]*?(?:<=?|>)([^;]*);/g)]
      .map(([, bound]) => bound!.trim())
      // A quad has four lanes.
      .filter((bound) => !bound.startsWith("min(4u,"))
      .filter((bound) => [...bound.matchAll(/\b[a-z]\w*/gi)].some(([name]) => isVariable(name, constants)))
  );
}

const isVariable = (name: string, constants: ReadonlySet<string | undefined>): boolean =>
  !constants.has(name) && !/^[A-Z_0-9]+$/.test(name) && !/^(min|max|u32|i32)$/.test(name);

test("every kernel with a loop whose length depends on its arguments has a chain, and every chain is of a kernel", () => {
  const looping = allKernels.filter(({ code }) => variableBounds(code).length > 0).map(({ id }) => id);
  expect(looping.filter((id) => !(id in chains))).toEqual([]);
  expect(looping).toContain("productTiled");
  expect(Object.keys(chains).filter((id) => !allKernels.some((kernel) => kernel.id === id))).toEqual([]);
});

test("the forms of a product walk its terms one by one, by twos and by eights", () => {
  const terms = { termRows: 3, termColumns: 7 };
  expect(chainOf("product", terms)).toEqual({ iterations: 21, wait: "term" });
  expect(chainOf("productSubgroup", terms)).toEqual({ iterations: 11, wait: "term" });
  expect(chainOf("productTiled", terms)).toEqual({ iterations: 3, wait: "chunk" });
  expect(chainOf("productSmall", terms)).toEqual({ iterations: 3, wait: "chunk" });
});

test("a convolution walks the taps that reach a pixel, quad by quad or two quads at a time", () => {
  const args = { kernelHeight: 3, kernelWidth: 5, inputDilation: 2, channels: 17 };
  // 2 by 3 taps, and 5 quads.
  expect(chainOf("convolution", args)).toEqual({ iterations: 30, wait: "term" });
  expect(chainOf("convolutionTiled", args)).toEqual({ iterations: 15, wait: "chunk" });
  expect(chainOf("convolutionSmall", args)).toEqual({ iterations: 15, wait: "chunk" });
});

test("a splat walks a block of the longest list by fours, and then its blocks; what has no such loop walks one step", () => {
  expect(chainOf("splat", {}, 10)).toEqual({ iterations: 3, wait: "gather" });
  expect(chainOf("splat", {}, 1354)).toEqual({ iterations: 16, wait: "gather" });
  expect(chainOf("splatAdd", {}, 1354)).toEqual({ iterations: 6, wait: "load" });
  expect(chainOf("splatAdd", {}, 64_000)).toEqual({ iterations: 16, wait: "load" });
  expect(chainOf("splatBand", {}, 1354)).toEqual({ iterations: 339, wait: "gather" });
  expect(chainOf("add", { count: 1e6 })).toEqual({ iterations: 1, wait: "load" });
});

test("padding counts the sums of whole tiles against those that are wanted", () => {
  // One row panel of 4 by one column panel of 8 is 32 sums; a tile of 64 by 64 has 4096.
  const product = { columnPanels: 1, batch: 2, rowPanels: 1 };
  expect(paddingOf("product", product)).toBe(1);
  expect(paddingOf("productTiled", product)).toBe(128);
  const convolution = { images: 1, inputDilation: 1, resultHeight: 9, resultWidth: 9, panels: 512 };
  // 81 pixels in two tiles of 64.
  expect(paddingOf("convolutionTiled", convolution)).toBeCloseTo(128 / 81, 12);
  expect(paddingOf("add", {})).toBe(1);
});

test("padding is known of every form", () => {
  const forms = kernelForms.flatMap(({ usual, others }) => [usual, ...others]);
  for (const { kernel } of forms) expect(kernel.id in chains).toBe(true);
});
