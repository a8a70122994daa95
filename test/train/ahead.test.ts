import { expect, test } from "vitest";
import { ahead } from "../../src/train/ahead.ts";

const upTo = (end: number) => (index: number) => (index + 1 < end ? index + 1 : undefined);

test("begins the next while one is in use, and each but once", async () => {
  const begun: number[] = [];
  const take = ahead((index) => Promise.resolve(begun.push(index) && index * 10), upTo(4));
  for (const index of [1, 2, 3]) {
    expect(await take(index)).toBe(index * 10);
    expect(begun).toEqual([1, 2, 3].slice(0, index + 1)); // never beyond the end
  }
});

test("a failure is told when its turn comes, and to nobody if it does not", async () => {
  const take = ahead(
    (index) => (index === 0 ? Promise.resolve(0) : Promise.reject(new Error(`image ${index}`))),
    upTo(9),
  );
  expect(await take(0)).toBe(0);
  await new Promise((resolve) => setTimeout(resolve, 5));
  await expect(take(1)).rejects.toThrow("image 1");
});
