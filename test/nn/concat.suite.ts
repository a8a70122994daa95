import { ShapeError, ValueError } from "../../src/errors.ts";
import { concat } from "../../src/nn/concat.ts";
import { Tape } from "../../src/tape.ts";
import type { Tensor } from "../../src/tensor.ts";
import { type Case, check, rejects, same } from "../suite.ts";
import { checkOp, uniform } from "./op.ts";

/** Channels that begin at every lane of a quad, and whole quads. */
const lists = [[3], [1, 1], [4, 4], [3, 2, 5], [1, 6, 1, 9], [8, 1, 4]];

export const cases: Case[] = [
  {
    name: "channels side by side, to the bit; gradients are the parts",
    async run(device) {
      for (const sizes of [[], [3], [4, 5], [2, 3, 2]]) {
        for (const list of sizes.length === 2 ? lists : [[3, 2, 5]]) {
          const inputs = list.map((channels, i) => uniform([...sizes, channels], i + 1));
          const rows = sizes.reduce((product, size) => product * size, 1);
          const reference = (...maps: Float64Array[]): Float64Array =>
            Float64Array.from(
              Array.from({ length: rows }, (_, row) =>
                maps.flatMap((map, i) => [...map.slice(row * list[i]!, (row + 1) * list[i]!)]),
              ).flat(),
            );
          const run = (...maps: Tensor[]): Tensor => concat(maps);
          await checkOp(device, { inputs, run, reference }, `[${sizes.join()}] of ${list.join(" and ")}`);
        }
      }
    },
  },
  {
    name: "one map may come twice, and maps that nobody watches get no gradient",
    async run(device) {
      using scope = device.scope();
      const [a, b] = [scope.tensor([2, 2], [1, 2, 3, 4]), scope.tensor([2, 1], [5, 6])];
      const tape = new Tape([a]);
      const result = concat([a, b, a]);
      same(await result.read(), [1, 2, 5, 1, 2, 3, 4, 6, 3, 4], "result");
      const seed = scope.tensor([2, 5], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
      const gradients = await tape.gradients(result, seed);
      same(await gradients.get(a)!.read(), [5, 7, 15, 17], "gradient");
      check(gradients.size === 1, `${gradients.size} gradients`);
    },
  },
  {
    name: "maps of other sizes are refused, and what is no list",
    async run(device) {
      using a = device.tensor([2, 3, 1]);
      using b = device.tensor([3, 2, 1]);
      const error = await rejects(() => concat([a, b]), ShapeError);
      check(/maps \[2, 3, …\].*got \[3, 2, 1\]/.test(error.message), error.message);
      await rejects(() => concat([]), ValueError);
      await rejects(() => concat(a as unknown as Tensor[]), ValueError);
    },
  },
];
