import { Heap } from "../../src/device/heap.ts";
import { InternalError } from "../../src/errors.ts";
import { type Case, check, random, rejects } from "../suite.ts";

const equal = (actual: number | undefined, expected: number | undefined, what: string): void =>
  check(actual === expected, `${what}: expected ${expected}, got ${actual}`);

export const cases: Case[] = [
  {
    name: "ranges are handed out once, joined when they come back, and all there at the end",
    async run() {
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
        for (const [start, length] of used) {
          check(address + bytes <= start || start + length <= address, `${address} is in use from ${start} on`);
        }
        equal(address % 64, 0, "alignment");
        used.set(address, bytes);
      }
      for (const range of used) heap.release(...range);
      equal(heap.allocate(64 * 1000), 64, "all of it");
      equal(heap.allocate(1), undefined, "one byte more");
    },
  },
  {
    name: "it begins at the next multiple of 64, and the lowest range that is large enough is taken",
    async run() {
      const heap = new Heap(65, 64 * 12);
      const [a, b, c, d] = [heap.allocate(64)!, heap.allocate(128)!, heap.allocate(65)!, heap.allocate(0)!];
      equal(a, 128, "the first");
      equal(b, 192, "the second");
      equal(c, 320, "the third");
      equal(d, 448, "after two times 64 bytes for 65");
      equal(heap.allocate(1), 512, "after 64 bytes for none");
      heap.release(a, 64);
      heap.release(c, 65);
      equal(heap.allocate(128), c, "the range of that size, behind one that is too small");
      equal(heap.allocate(1), a, "the lowest");
      equal(heap.allocate(1), 576, "none is left below");
    },
  },
  {
    name: "ranges that come back from the last to the first, or the middle at the end, become one",
    async run() {
      for (const order of [
        [2, 1, 0],
        [0, 2, 1],
        [1, 0, 2],
      ]) {
        const heap = new Heap(0, 64 * 3);
        const addresses = [heap.allocate(64)!, heap.allocate(64)!, heap.allocate(64)!];
        for (const index of order) heap.release(addresses[index]!, 64);
        equal(heap.allocate(64 * 3), 0, `released as ${order.join()}`);
      }
    },
  },
  {
    name: "a range that is free, or of which some is, cannot be released",
    async run() {
      const heap = new Heap(0, 64 * 10);
      const [a, b] = [heap.allocate(128)!, heap.allocate(128)!];
      heap.release(a, 128);
      const error = await rejects(() => heap.release(a, 128), InternalError);
      check(
        error.message.includes("heap: expected a range in use to be released, got 0 to 128, of which some is free"),
        error.message,
      );
      await rejects(() => heap.release(a + 64, 64), InternalError);
      await rejects(() => heap.release(b - 64, 128), InternalError);
      await rejects(() => heap.release(b, 256), InternalError);
      heap.release(b, 128);
      await rejects(() => heap.release(b, 128), InternalError);
      equal(heap.allocate(64 * 10), 0, "all of it");
    },
  },
  {
    name: "shortfall is what is to be added for so many bytes to fit at the end",
    async run() {
      const heap = new Heap(0, 256);
      const first = heap.allocate(64)!;
      equal(heap.shortfall(192), 0, "what fits");
      equal(heap.shortfall(256), 64, "64 bytes more than what fits");
      heap.grow(320);
      equal(heap.allocate(256), 64, "grown");
      equal(heap.shortfall(1), 64, "the least, of a memory that is full");
      equal(heap.shortfall(0), 64, "for no bytes");
      heap.release(first, 64);
      // What is free at the beginning is not at the end.
      equal(heap.shortfall(128), 128, "with a range free at the beginning");
      heap.grow(448);
      equal(heap.shortfall(256), 128, "with ranges free at the beginning and at the end");
      equal(heap.allocate(128), 320, "behind what was full");
    },
  },
];
