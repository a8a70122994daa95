import { expect, test } from "vitest";
import { fuzzHostile, grown, readGrown } from "./fuzz.ts";
import { hostileFiles } from "./files.ts";

// The slow suite does twenty times as many (fuzz.slow.ts).
test.each(hostileFiles.map(({ name }) => name))("mutations of a small one of %s are read or refused", async (name) => {
  const { refused, read } = await fuzzHostile(name, 10, 1);
  expect(refused + read).toBeGreaterThanOrEqual(10);
});

test.each(Object.keys(grown))("files of %s grown by chance are read or refused", async (name) => {
  const { refused, read } = await readGrown(name, 100, 1);
  expect(refused + read).toBe(100);
  expect(name === "pickle" ? read : refused).toBeGreaterThan(50);
});
