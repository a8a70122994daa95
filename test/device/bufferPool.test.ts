import { expect, test } from "vitest";
import { InternalError } from "../../src/errors.ts";
import { BufferPool, poolSize } from "../../src/device/bufferPool.ts";

const buffer = (name: string): GPUBuffer => ({ label: name }) as GPUBuffer;
const megabyte = 2 ** 20;

test("buffers are found again by size, the last one first", () => {
  const pool = new BufferPool();
  pool.give(256, buffer("a"));
  pool.give(256, buffer("b"));
  pool.give(512, buffer("c"));
  expect([256, 256, 256, 512].map((size) => pool.take(size)?.label)).toEqual(["b", "a", undefined, "c"]);
});

test("a buffer that is idle cannot be given again", () => {
  const pool = new BufferPool();
  const [a, b] = [buffer("a"), buffer("b")];
  pool.give(256, a);
  pool.give(256, b);
  expect(() => pool.give(256, a)).toThrow(InternalError);
  expect(pool.take(256)).toBe(b);
  pool.give(256, b);
});

test("what was unused for longest goes first, once more is idle than in use and than 64 MiB", () => {
  const pool = new BufferPool();
  for (const name of ["a", "b", "c"]) pool.give(40 * megabyte, buffer(name));
  expect(pool.surplus(200 * megabyte)).toEqual([]);
  expect(pool.surplus(100 * megabyte).map(({ label }) => label)).toEqual(["a"]);
  expect(pool.surplus(0).map(({ label }) => label)).toEqual(["b"]);
  expect(pool.take(40 * megabyte)?.label).toBe("c");
  expect(pool.surplus(0)).toEqual([]);
});

test("sizes are rounded up by an eighth or 256 bytes at most", () => {
  for (const bytes of [1, 255, 257, 1000, 411_041_792]) {
    expect(poolSize(bytes)).toBeGreaterThanOrEqual(bytes);
    expect(poolSize(bytes)).toBeLessThanOrEqual(Math.max(bytes + 256, bytes * 1.125));
  }
});
