import { ValueError } from "../../src/errors.ts";
import { scale } from "../../src/nn/scale.ts";
import type { Tensor } from "../../src/tensor.ts";
import { type Case, rejects } from "../suite.ts";
import { checkOp, oneRounding, shapes, uniform } from "./op.ts";

export const cases: Case[] = [
  {
    name: "multiplies by a number, and its gradient as well",
    async run(device) {
      for (const shape of shapes) {
        const reference = (a: Float64Array): Float64Array => a.map((value) => -0.01 * value);
        const run = (a: Tensor): Tensor => scale(a, -0.01);
        const op = { inputs: [uniform(shape, 1)], run, reference, tolerance: oneRounding };
        await checkOp(device, op, `scale [${shape.join()}]`);
      }
    },
  },
  {
    name: "refuses what is no number",
    async run(device) {
      using a = device.tensor([2, 3]);
      await rejects(() => scale(a, NaN), ValueError);
    },
  },
];
