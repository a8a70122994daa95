import { ShapeError } from "../../src/errors.ts";
import { multiply } from "../../src/nn/multiply.ts";
import { type Case, check, rejects } from "../suite.ts";
import { checkOp, oneRounding, shapes, uniform } from "./op.ts";

export const cases: Case[] = [
  {
    name: "multiplies, and gives each its gradient by the other",
    async run(device) {
      for (const shape of shapes) {
        const inputs = [uniform(shape, 1), uniform(shape, 2)];
        const reference = (a: Float64Array, b: Float64Array): Float64Array => a.map((value, i) => value * b[i]!);
        await checkOp(
          device,
          { inputs, run: multiply, reference, tolerance: oneRounding },
          `multiply [${shape.join()}]`,
        );
      }
    },
  },
  {
    name: "refuses two shapes",
    async run(device) {
      using a = device.tensor([2, 3]);
      using b = device.tensor([3, 2]);
      const error = await rejects(() => multiply(a, b), ShapeError);
      check(error.message.includes("got [2, 3] rows and [3, 2] rows"), error.message);
    },
  },
];
