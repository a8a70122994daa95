import { tanh } from "../../src/nn/tanh.ts";
import { type Case, check, close } from "../suite.ts";
import { checkOp, shapes, uniform } from "./op.ts";

export const cases: Case[] = [
  {
    name: "is the hyperbolic tangent, and its gradient 1 − tanh²",
    async run(device) {
      for (const shape of shapes) {
        const reference = (x: Float64Array): Float64Array => x.map(Math.tanh);
        // A few roundings of numbers below 1, in the exponential too.
        const tolerance = { absolute: 5e-7 };
        const inputs = [uniform(shape, 1, -4, 4)];
        const slopeTolerance = 4e-6;
        await checkOp(device, { inputs, run: tanh, reference, tolerance, slopeTolerance }, `tanh [${shape.join()}]`);
      }
    },
  },
  {
    name: "has its limits, and lets NaN through",
    async run(device) {
      using values = device.tensor([7], [NaN, -Infinity, Infinity, 500, -500, 0, 1e-30]);
      using result = tanh(values);
      const [first, ...others] = await result.read();
      check(Number.isNaN(first), `expected NaN, got ${first}`);
      close(others, [-1, 1, 1, -1, 0, 0], { absolute: 1e-7 }, "limits");
    },
  },
];
