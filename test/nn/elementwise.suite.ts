import { ShapeError, ValueError } from "../../src/errors.ts";
import { add } from "../../src/nn/add.ts";
import { multiply } from "../../src/nn/multiply.ts";
import { relu } from "../../src/nn/relu.ts";
import { scale } from "../../src/nn/scale.ts";
import { type Case, close, rejects } from "../suite.ts";
import { checkOp, distinct, uniform } from "./op.ts";

/** One value, a padded row, 63, 64 and 65 quads, a batch. */
const shapes = [[1], [3], [63, 4], [64, 3], [65, 1], [2, 5, 7, 6]] as const;

export const cases: Case[] = [
  {
    name: "relu keeps what is above zero, and its gradient with it",
    async run(device) {
      for (const shape of shapes) {
        const reference = (x: Float64Array): Float64Array => x.map((value) => Math.max(value, 0));
        await checkOp(device, { inputs: [distinct(shape, 1)], run: relu, reference }, `relu [${shape}]`);
      }
    },
  },
  {
    name: "relu lets NaN through, so that it is found where it arose",
    async run(device) {
      using values = device.tensor([4], [NaN, -1, 0, 2]);
      using result = relu(values);
      close((await result.read()).slice(1), [0, 0, 2], {}, "others");
      const [first] = await result.read();
      if (!Number.isNaN(first)) throw new Error(`expected NaN, got ${first}`);
    },
  },
  {
    name: "add, multiply and scale, with their gradients",
    async run(device) {
      for (const shape of shapes) {
        const inputs = [uniform(shape, 1), uniform(shape, 2)];
        const sums = (a: Float64Array, b: Float64Array): Float64Array => a.map((value, i) => value + b[i]!);
        const products = (a: Float64Array, b: Float64Array): Float64Array => a.map((value, i) => value * b[i]!);
        // One rounding of at most half a unit of a number below 2.
        const tolerance = { absolute: 2 ** -23 };
        await checkOp(device, { inputs, run: add, reference: sums, tolerance }, `add [${shape}]`);
        await checkOp(device, { inputs, run: multiply, reference: products, tolerance }, `multiply [${shape}]`);
        const scaled = (a: Float64Array): Float64Array => a.map((value) => -0.01 * value);
        const run = (a: Parameters<typeof scale>[0]) => scale(a, -0.01);
        await checkOp(device, { inputs: [inputs[0]!], run, reference: scaled, tolerance }, `scale [${shape}]`);
      }
    },
  },
  {
    name: "what two sums or products do not share is refused",
    async run(device) {
      using a = device.tensor([2, 3]);
      using b = device.tensor([3, 2]);
      await rejects(() => add(a, b), ShapeError);
      await rejects(() => multiply(a, b), ShapeError);
      await rejects(() => scale(a, NaN), ValueError);
    },
  },
];
