import { expect, test } from "vitest";
import { fuzzHostile, grown, readGrown } from "./fuzz.ts";
import { hostileFiles } from "./files.ts";

// Memory must stay bounded over all of them, too.
test.each(hostileFiles.map(({ name }) => name))("200 mutations of %s, of several sizes", async (name) => {
  const before = process.memoryUsage().rss;
  const { refused, read, milliseconds } = await fuzzHostile(name, 200, 2);
  console.info(`${name}: ${refused} refused, ${read} read, slowest ${milliseconds.toFixed(0)} ms`);
  expect(process.memoryUsage().rss - before).toBeLessThan(1 << 29);
});

test.each(Object.keys(grown))("5,000 files of %s grown by chance", async (name) => {
  const { refused, read } = await readGrown(name, 5000, 2);
  console.info(`${name}: ${refused} refused, ${read} read`);
  expect(refused + read).toBe(5000);
});
