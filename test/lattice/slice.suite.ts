import { normalizeSimplices, slice, sliceFactor } from "../../src/lattice/slice.ts";
import { Memory, pack, unpack } from "../memory.ts";
import { type Case, check, close, random, same } from "../suite.ts";

export const cases: Case[] = [
  {
    name: "sums weight·value over each point's simplex, times α, into a range of channels",
    async run(device) {
      for (const [points, dimensions, quads, rowQuads, firstQuad] of [
        [1, 1, 1, 1, 0],
        [63, 2, 1, 1, 0],
        [64, 5, 1, 3, 2],
        [60, 5, 2, 4, 1],
        [60, 3, 4, 4, 0],
        [65, 5, 5, 5, 0],
        [50, 5, 6, 6, 0],
        [50, 3, 7, 9, 1],
        [50, 8, 17, 17, 0],
        [2000, 15, 3, 3, 0],
      ] as const) {
        using memory = new Memory(device);
        const numbers = random(points + quads);
        const entries = points * (dimensions + 1);
        const vertex = Array.from({ length: entries }, () => numbers.integer(80));
        const weight = numbers.array(entries, 0, 2 / (dimensions + 1));
        const values = numbers.array(81 * quads * 4, -1, 1);
        const result = memory.of(new Float32Array(points * rowQuads * 4).fill(9));
        const simplices = memory.of(pack(vertex, weight));
        const into = { storage: result, rowQuads, firstQuad };
        slice(device, simplices, memory.of(values), into, { points, dimensions, quads });
        const expected = Float64Array.from({ length: points * rowQuads * 4 }, (_, i) => {
          const point = Math.floor(i / (rowQuads * 4));
          const c = (i % (rowQuads * 4)) - firstQuad * 4;
          if (c < 0 || c >= quads * 4) return 9;
          let sum = 0;
          for (let e = point * (dimensions + 1); e < (point + 1) * (dimensions + 1); e++)
            sum += weight[e]! * values[vertex[e]! * quads * 4 + c]!;
          return sum / (1 + 2 ** -dimensions);
        });
        // d + 1 products and sums below 2, and the factor.
        const absolute = (2 * dimensions + 4) * 2 ** -23;
        const actual = new Float32Array(await device.read(result));
        close(actual, expected, { absolute }, `${points} points of ${dimensions}, ${quads} of ${rowQuads} quads`);
      }
    },
  },
  {
    name: "α is 0.8, 8/9 and 32/33 for 2, 3 and 5 dimensions",
    async run() {
      close([2, 3, 5].map(sliceFactor), [0.8, 8 / 9, 32 / 33], { relative: 1e-15 }, "α");
    },
  },
  {
    name: "multiplies a simplex's weights by its point's factor",
    async run(device) {
      for (const [points, dimensions] of [
        [1, 1],
        [63, 2],
        [64, 5],
        [65, 5],
        [3000, 8],
      ] as const) {
        using memory = new Memory(device);
        const numbers = random(points);
        const entries = points * (dimensions + 1);
        const vertex = Array.from({ length: entries }, () => numbers.integer(99));
        const weight = numbers.array(entries);
        const factors = numbers.array(points);
        const normalized = memory.result(2 * entries);
        normalizeSimplices(device, memory.of(pack(vertex, weight)), memory.of(factors), normalized, dimensions);
        const { words, floats } = unpack(await memory.words(normalized));
        same(words, vertex, `${points} points`);
        const expected = weight.map((value, entry) => value * factors[Math.floor(entry / (dimensions + 1))]!);
        same(floats, expected, `${points} points: weights`);
        check(floats.length === entries, "as many weights");
      }
    },
  },
];
