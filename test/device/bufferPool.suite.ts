import { InternalError } from "../../src/errors.ts";
import { BufferPool, poolSize } from "../../src/device/bufferPool.ts";
import { type Case, check, rejects } from "../suite.ts";

const buffer = (name: string): GPUBuffer => ({ label: name }) as GPUBuffer;
const megabyte = 2 ** 20;

const equal = (actual: readonly unknown[], expected: readonly unknown[], what: string): void =>
  check(actual.join() === expected.join(), `${what}: expected ${expected.join()}, got ${actual.join()}`);

export const cases: Case[] = [
  {
    name: "buffers are found again by size, the last one first",
    async run() {
      const pool = new BufferPool();
      pool.give(256, buffer("a"));
      pool.give(256, buffer("b"));
      pool.give(512, buffer("c"));
      const taken = [256, 256, 256, 512].map((size) => pool.take(size)?.label);
      equal(taken, ["b", "a", undefined, "c"], "taken");
    },
  },
  {
    name: "a buffer that is idle cannot be given again",
    async run() {
      const pool = new BufferPool();
      const [a, b] = [buffer("a"), buffer("b")];
      pool.give(256, a);
      pool.give(256, b);
      const error = await rejects(() => pool.give(256, a), InternalError);
      check(
        error.message.includes("expected a buffer in use to be released, got one of 256 bytes that is idle"),
        error.message,
      );
      check(pool.take(256) === b, "the last one");
      pool.give(256, b);
    },
  },
  {
    name: "what was unused for longest goes first, once more is idle than in use and than 64 MiB",
    async run() {
      const pool = new BufferPool();
      const surplus = (used: number): string[] => pool.surplus(used).map(({ label }) => label);
      for (const name of ["a", "b", "c"]) pool.give(40 * megabyte, buffer(name));
      equal(surplus(200 * megabyte), [], "more is used");
      equal(surplus(120 * megabyte), [], "as much is used");
      equal(surplus(100 * megabyte), ["a"], "less is used");
      equal(surplus(0), ["b"], "nothing is used");
      equal([pool.take(40 * megabyte)?.label], ["c"], "taken");
      equal([pool.take(40 * megabyte)?.label], [undefined], "what was removed is not found any more");
      equal(surplus(0), [], "nothing is idle");
    },
  },
  {
    name: "buffers that were taken count no more, whatever their size, and 64 MiB may stay",
    async run() {
      const pool = new BufferPool();
      const surplus = (): string[] => pool.surplus(0).map(({ label }) => label);
      pool.give(63 * megabyte, buffer("a"));
      pool.give(megabyte, buffer("b"));
      equal(surplus(), [], "64 MiB");
      pool.take(63 * megabyte);
      pool.give(63 * megabyte, buffer("c"));
      equal(surplus(), [], "64 MiB again");
      pool.give(1, buffer("d"));
      equal(surplus(), ["b"], "the one that was given first of those left");
      pool.give(megabyte, buffer("e"));
      equal(surplus(), ["c"], "then the next");
      equal([pool.take(megabyte)?.label, pool.take(1)?.label], ["e", "d"], "left");
    },
  },
  {
    name: "sizes are rounded up by an eighth or 256 bytes at most, to eight sizes from one power of two to the next",
    async run() {
      for (const bytes of [1, 255, 256, 257, 1000, 2 ** 20 + 1, 411_041_792]) {
        const size = poolSize(bytes);
        check(size >= bytes && size % 256 === 0, `${size} for ${bytes}`);
        check(size <= Math.max(bytes + 255, bytes * 1.125), `${size} for ${bytes}`);
      }
      check(poolSize(0) === 256, `${poolSize(0)} for nothing`);
      const sizes = Array.from({ length: 2048 }, (_, i) => poolSize(2 ** 20 + 512 * i + 1));
      check(new Set(sizes).size === 8, `${new Set(sizes).size} sizes between 1 and 2 MiB`);
    },
  },
];
