import { expect, test } from "vitest";
import { fuzz, seeds } from "./fuzz.ts";

// 11 seeds × 10,000 mutations. Memory must stay bounded over all of them, too.
test.each(seeds)("10,000 mutations of %s are read or refused", async (name) => {
  const before = process.memoryUsage().rss;
  const { refused, read, milliseconds } = await fuzz(name, 10_000, 2);
  console.info(`${name}: ${refused} refused, ${read} read, slowest ${milliseconds.toFixed(0)} ms`);
  expect(refused + read).toBe(10_000);
  expect(process.memoryUsage().rss - before).toBeLessThan(1 << 29);
});
