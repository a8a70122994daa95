import { outerProducts } from "../../src/shared/outerProducts.ts";
import { type Case, close, random } from "../suite.ts";

export const cases: Case[] = [
  {
    name: "sums the outer products of rows, one block of them or several",
    async run(device) {
      for (const [rows, channels] of [
        [1, 1],
        [255, 3],
        [256, 5],
        [257, 4],
        [1000, 21],
      ] as const) {
        const numbers = random(rows + channels);
        const [x, y] = [numbers.array(rows * channels, -1, 1), numbers.array(rows * channels, -1, 1)];
        using a = device.tensor([rows, channels], x);
        using b = device.tensor([rows, channels], y);
        using result = outerProducts(a, b, -0.5);
        const expected = Float64Array.from({ length: channels * channels }, (_, i) => {
          const [o, c] = [Math.floor(i / channels), i % channels];
          let sum = 0;
          for (let row = 0; row < rows; row++) sum += x[row * channels + o]! * y[row * channels + c]!;
          return -0.5 * sum;
        });
        // Blocks of 256 rows are summed in order, then their sums; a partial sum of terms below 1 stays below 4·√rows,
        // halved by the factor, and each of the 256 additions rounds it by half a unit at most.
        const absolute = 256 * 2 ** -24 * 2 * Math.sqrt(rows);
        close(await result.read(), expected, { absolute }, `${rows} rows of ${channels}`);
      }
    },
  },
];
