import { expect, test } from "vitest";
import { fuzzReader } from "../fuzz.ts";
import { names, targetOf } from "./fuzz.ts";
import { Tree } from "./trees.ts";

// 14 readers × 10,000 mutations. Memory must stay bounded over all of them, too.
test.each(names)("10,000 mutations of %s are read or refused", async (name) => {
  using tree = new Tree();
  const before = process.memoryUsage().rss;
  const { refused, read, milliseconds } = await fuzzReader(await targetOf(name, tree), 10_000, 2);
  console.info(`${name}: ${refused} refused, ${read} read, slowest ${milliseconds.toFixed(0)} ms`);
  expect(refused + read).toBe(10_000);
  expect(process.memoryUsage().rss - before).toBeLessThan(1 << 29);
});
