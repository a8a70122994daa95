import { describe, expect, test } from "vitest";
import { pieceBytesFor } from "../../src/distributed/relay.ts";
import { randomBits } from "../../src/shared/random.ts";
import { memoryRanks } from "./memoryRanks.ts";

/** Numbers of very different sizes, whose sum depends on the order. */
function gradient(step: number, draw: number, index: number, length: number): Float32Array<ArrayBuffer> {
  let state = randomBits(step, draw, index);
  const bits = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0); // Numerical Recipes, chapter 7
  return Float32Array.from({ length }, () => (bits() - 2 ** 31) / (1 + (bits() >>> 12)));
}

/** The left fold in the order of draws, as `accumulate` makes it. */
function folded(step: number, batch: number, index: number, length: number): Float32Array {
  const total = gradient(step, 0, index, length);
  for (let draw = 1; draw < batch; draw++) {
    gradient(step, draw, index, length).forEach((value, i) => (total[i]! += value));
  }
  return total;
}

const sameBits = (a: Float32Array, b: Float32Array): boolean =>
  Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(Buffer.from(b.buffer, b.byteOffset, b.byteLength));

describe("the sum of gradients over ranks", () => {
  // Pieces have 262144 numbers: the third gradient reaches over two.
  const lengths = [262_100, 8, 200];
  test.each([
    [2, 2],
    [2, 5],
    [3, 1],
    [3, 4],
    [5, 3],
    [4, 8],
  ])("of %i ranks has the bits of one process with a batch of %i", async (size, batch) => {
    const expected = [0, 1].map((step) => lengths.map((length, index) => folded(step, batch, index, length)));
    const results = await Promise.all(
      memoryRanks(size).map(async (ranks) => {
        const sum = ranks.sum({ lengths, batch, flushes: false });
        const found: boolean[] = [];
        for (const step of [0, 1]) {
          sum.begin();
          for (let k = ranks.rank; k < batch; k += size) {
            for (const [index, length] of lengths.entries()) {
              sum.add(step * batch + k, index, Promise.resolve(gradient(step, k, index, length).buffer));
            }
          }
          const sums = await sum.finish();
          for (const [index, sum] of sums.entries()) found.push(sameBits(sum, expected[step]![index]!));
        }
        return found;
      }),
    );
    expect(results).toEqual(Array.from({ length: size }, () => Array.from({ length: 2 * lengths.length }, () => true)));
  });

  test("takes subnormal numbers for zero where the device does", async () => {
    const values = [Float32Array.of(1e-40, 1.5e-38, 1, -1e-40), Float32Array.of(2e-40, -1.2e-38, 1e-40, -2e-40)];
    const sums = async (flushes: boolean) =>
      Promise.all(
        memoryRanks(2).map(async (ranks) => {
          const sum = ranks.sum({ lengths: [4], batch: 2, flushes });
          sum.begin();
          sum.add(ranks.rank, 0, Promise.resolve(values[ranks.rank]!.slice().buffer));
          return [...(await sum.finish())[0]!];
        }),
      );
    const kept = [...values[0]!].map((value, i) => Math.fround(value + values[1]![i]!));
    expect(await sums(false)).toEqual([kept, kept]);
    expect(await sums(true)).toEqual([
      [0, 0, 1, -0],
      [0, 0, 1, -0],
    ]);
  });

  test("refuses gradients in another order than was told", async () => {
    const [ranks] = memoryRanks(2);
    const sum = ranks!.sum({ lengths: [4, 8], batch: 2, flushes: false });
    sum.begin();
    sum.add(0, 1, Promise.resolve(new ArrayBuffer(32)));
    await expect(sum.finish()).rejects.toThrow(/the sum of gradients: expected 8 numbers from 0 on, got 8 from 4 on/);
  });
});

test("there are never more pieces than MPI has tags for, and each holds whole numbers", () => {
  for (const bytes of [4, 2 ** 20, 538e6, 64e9, 1e12]) {
    expect(Math.ceil(bytes / pieceBytesFor(bytes))).toBeLessThan(16_376);
    expect(pieceBytesFor(bytes) % 4).toBe(0);
  }
});
