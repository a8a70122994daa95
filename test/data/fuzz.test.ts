import { expect, test } from "vitest";
import { fuzzReader } from "../fuzz.ts";
import { names, targetOf } from "./fuzz.ts";
import { Tree } from "./trees.ts";

// The slow suite does ten thousand of each (fuzz.slow.ts).
test.each(names)("300 mutations of %s are read or refused", async (name) => {
  using tree = new Tree();
  const { refused, read } = await fuzzReader(await targetOf(name, tree), 300, 1);
  expect(refused + read).toBe(300);
  // Both happen: mutations reach the structure, and not every one destroys it.
  expect(refused).toBeGreaterThan(30);
  expect(read).toBeGreaterThan(0);
});
