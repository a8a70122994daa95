import { ShapeError } from "../../src/errors.ts";
import { maxPool2d } from "../../src/nn/maxPool2d.ts";
import { Tape } from "../../src/tape.ts";
import { maxPool } from "../reference/nn.ts";
import { type Case, check, rejects, same } from "../suite.ts";
import { withBindings } from "./convolutions.ts";
import { checkOp, distinct } from "./op.ts";

/** One pixel, cut windows on each side, 63, 64 and 65 windows, batches whose second image begins at an odd row. */
const shapes = [
  [1, 1, 1],
  [1, 2, 3],
  [2, 1, 4],
  [3, 5, 5],
  [18, 14, 4],
  [16, 16, 1],
  [9, 26, 2],
  [2, 7, 6, 21],
  [3, 5, 3, 3],
] as const;

export const cases: Case[] = [
  {
    name: "maxima of 2×2 windows, cut at the border, with their gradients",
    async run(device) {
      for (const shape of shapes) {
        const reference = (x: Float64Array): Float64Array => maxPool(x, shape);
        const op = { inputs: [distinct(shape, 3)], run: maxPool2d, reference, tolerance: {} };
        await checkOp(device, op, `[${shape}]`);
      }
    },
  },
  {
    name: "of equal maxima the first in row-major order gets the gradient",
    async run(device) {
      // Channels: all equal; 2nd and 3rd; 3rd and 4th; 1st and 4th. Then a cut column, all equal, and one of −1 and 0.
      const pixels = [
        [0, -1, 0, 5],
        [0, 3, 0, 1],
        [7, 7, -1, -1],
        [0, 3, 1, 2],
        [0, 2, 1, 5],
        [7, 7, 0, -1],
      ];
      using values = device.tensor([2, 3, 4], pixels.flat());
      const tape = new Tape([values]);
      using result = maxPool2d(values);
      using seed = device.tensor([1, 2, 4], [1, 2, 3, 4, 10, 20, 30, 40]);
      const gradients = await tape.gradients(result, seed);
      using gradient = gradients.get(values)!;
      const expected = [
        [1, 0, 0, 4],
        [0, 2, 0, 0],
        [10, 20, 0, 40],
        [0, 0, 3, 0],
        [0, 0, 0, 0],
        [0, 0, 30, 0],
      ];
      same(await gradient.read(), expected.flat(), "gradient");
    },
  },
  {
    name: "a map beyond a binding is pooled by as many rows at a time as it holds",
    async run(device) {
      // Two rows of the map, of 128 bytes each, make one of the result.
      const { data } = distinct([20, 8, 4], 5);
      using values = device.tensor([20, 8, 4], data);
      using whole = maxPool2d(values);
      for (const [rows, kernels] of [
        [5, 2],
        [4, 3],
      ] as const) {
        const ran: string[] = [];
        using result = await withBindings(device, device.limits.alignment + rows * 256, async () => {
          using _observation = device.observe({ before: ({ kernel }) => void ran.push(kernel.id) });
          return maxPool2d(values);
        });
        check(ran.length === kernels, `${ran.length} kernels for ${rows} rows at a time`);
        same(await result.read(), await whole.read(), `${rows} rows at a time`);
      }
    },
  },
  {
    name: "a pooled list is refused",
    async run(device) {
      using values = device.tensor([4, 4]);
      await rejects(() => maxPool2d(values), ShapeError);
    },
  },
];
