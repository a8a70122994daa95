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
    name: "what was unused for longest goes first, once more is idle than twice what was in use of late, and than 64 MiB",
    async run() {
      const pool = new BufferPool();
      const surplus = (): string[] => pool.surplus().map(({ label }) => label);
      const size = 40 * megabyte;
      for (let i = 0; i < 3; i++) pool.take(size);
      for (const name of ["a", "b", "c"]) pool.give(size, buffer(name));
      for (const [i, name] of ["d", "e", "f", "g"].entries()) {
        pool.take(size + 256 * i + 256);
        pool.give(size + 256 * i + 256, buffer(name));
      }
      equal(surplus(), ["a", "b"], "more than 240 MiB are idle");
      equal(
        [pool.take(size)?.label, pool.take(size)?.label],
        ["c", undefined],
        "what was removed is not found any more",
      );
      equal([pool.idleBytes], [4 * size + 10 * 256], "idle");
      equal(surplus(), [], "no more than twice what was in use");
      equal(
        pool.all().map(({ label }) => label),
        ["d", "e", "f", "g"],
        "all",
      );
      equal([pool.idleBytes, pool.all().length], [0, 0], "nothing is idle");
    },
  },
  {
    name: "64 MiB may stay, however little was in use",
    async run() {
      const pool = new BufferPool();
      const use = (size: number, name: string): void => {
        pool.take(size);
        pool.give(size, buffer(name));
      };
      for (let i = 0; i < 64; i++) use(megabyte + 256 * i, `${i}`);
      equal(
        pool.surplus().map(({ label }) => label),
        ["0"],
        "63 MiB and a little",
      );
    },
  },
  {
    name: "twice what was in use of late may be idle and no byte more; what was in use sixteen turns ago does not count",
    async run() {
      const pool = new BufferPool();
      const use = (size: number, name: string): string => {
        pool.take(size);
        pool.give(size, buffer(name));
        return pool.surplus().map(({ label }) => label).join(); // prettier-ignore
      };
      const [large, small] = [500 * megabyte, 40 * megabyte];
      equal([use(large, "a"), use(large - 1, "b"), use(1, "c"), use(2, "d")], ["", "", "", "a"], "of 500 MiB");
      for (let i = 0; i < 16; i++) pool.turn();
      equal([use(small, "e"), use(small + 1, "f"), use(small + 2, "g")], ["", "", "e"], "of 40 MiB");
    },
  },
  {
    name: "what the last sixteen turns have used stays, and what none of them has used goes",
    async run() {
      const pool = new BufferPool();
      const made: string[] = [];
      let count = 0;
      const gone: string[] = [];
      /** Uses buffers of these sizes at once, as a step does, and waits. */
      const step = (...sizes: number[]): void => {
        const used = sizes.map((size) => {
          const found = pool.take(size) ?? buffer(`${count++}`);
          if (found.label === `${count - 1}`) made.push(found.label);
          return found;
        });
        sizes.forEach((size, i) => pool.give(size, used[i]!));
        gone.push(...pool.surplus().map(({ label }) => label), ...pool.turn().map(({ label }) => label));
      };
      const large = 500 * megabyte;
      step(large, large, 256);
      const first = count;
      // Every other step is small.
      for (let i = 0; i < 20; i++) step(...(i % 2 ? [large, large, 256] : [256]));
      equal([count, gone.length], [first, 0], "buffers made and gone in the steady state");
      for (let i = 0; i < 14; i++) step(256);
      equal(gone, [], "fourteen turns later");
      step(256);
      equal(gone.sort(), ["0", "1"], "sixteen turns after their last use began");
      equal([pool.idleBytes], [256], "what is used stays");
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
