import { expect, test } from "vitest";
import { fuzz, seeds } from "./fuzz.ts";

// The slow suite does a hundred thousand (fuzz.slow.ts).
test.each(seeds)("150 mutations of %s are read or refused", async (name) => {
  const { refused, read } = await fuzz(name, 150, 1);
  expect(refused + read).toBe(150);
  // Both happen: mutations reach the structure, and not every one destroys it.
  expect(refused).toBeGreaterThan(40);
  expect(read).toBeGreaterThan(4);
});
