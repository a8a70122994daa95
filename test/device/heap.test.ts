import { expect, test } from "vitest";
import { Heap } from "../../src/device/heap.ts";
import { InternalError } from "../../src/errors.ts";
import { random } from "../suite.ts";

test("ranges are handed out once, joined when they come back, and all there at the end", () => {
  const heap = new Heap(64, 64 + 64 * 1000);
  const numbers = random(1);
  const used = new Map<number, number>();
  for (let round = 0; round < 5000; round++) {
    const bytes = 1 + numbers.integer(600);
    const address = heap.allocate(bytes);
    if (address === undefined || numbers.integer(2) === 0) {
      const [freed] = used;
      if (!freed) continue;
      heap.release(...freed);
      used.delete(freed[0]);
    }
    if (address === undefined) continue;
    for (const [start, length] of used) expect(address + bytes <= start || start + length <= address).toBe(true);
    expect(address % 64).toBe(0);
    used.set(address, bytes);
  }
  for (const range of used) heap.release(...range);
  expect(heap.allocate(64 * 1000)).toBe(64);
  expect(heap.allocate(1)).toBeUndefined();
});

test("a range that is free, or of which some is, cannot be released", () => {
  const heap = new Heap(0, 64 * 10);
  const [a, b] = [heap.allocate(128)!, heap.allocate(128)!];
  heap.release(a, 128);
  expect(() => heap.release(a, 128)).toThrow(InternalError);
  expect(() => heap.release(a + 64, 64)).toThrow(InternalError);
  expect(() => heap.release(b - 64, 128)).toThrow(InternalError);
  expect(() => heap.release(b, 256)).toThrow(InternalError);
  heap.release(b, 128);
  expect(() => heap.release(b, 128)).toThrow(InternalError);
  expect(heap.allocate(64 * 10)).toBe(0);
});

test("shortfall is what is to be added for so many bytes to fit at the end", () => {
  const heap = new Heap(0, 256);
  heap.allocate(64);
  expect(heap.shortfall(192)).toBe(0);
  expect(heap.shortfall(256)).toBe(64);
  heap.grow(320);
  expect(heap.allocate(256)).toBe(64);
  expect(heap.shortfall(1)).toBe(64);
});
