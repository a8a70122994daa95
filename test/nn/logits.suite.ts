import { leastProbability, logitsOf } from "../../src/nn/logits.ts";
import { Tape } from "../../src/tape.ts";
import type { Tensor } from "../../src/tensor.ts";
import { openBeside } from "../beside.ts";
import { type Case, close, same } from "../suite.ts";
import { checkOp, uniform } from "./op.ts";

const shapes = [[3], [5, 2], [63, 4], [64, 3], [2, 5, 7, 6], [3, 3, 9], [1], [65, 1], [2, 3, 5, 1]];

export const cases: Case[] = [
  {
    name: "logarithms, with their slopes; one channel becomes two classes",
    async run(device) {
      for (const shape of shapes) {
        const single = shape.at(-1) === 1;
        const reference = (p: Float64Array): Float64Array =>
          Float64Array.from(
            [...p].flatMap((one) => (single ? [1 - one, one] : [one])),
            (one) => 1.5 * Math.log(one),
          );
        const op = {
          inputs: [uniform(shape, 4, 0.1, 0.9)],
          run: (p: Tensor): Tensor => logitsOf(p, 1.5),
          reference,
          tolerance: { absolute: 2e-6 },
          slopeTolerance: 2e-6,
        };
        await checkOp(device, op, `[${shape.join()}]`);
      }
    },
  },
  {
    name: "below the least probability logits stay, gradients are 0, and what is no probability is NaN",
    async run(device) {
      const inputs = [0, 0.5e-5, 2e-5, -0.5e-5, -2e-5, NaN, -Infinity, Infinity];
      const log = Math.log(leastProbability);
      using values = device.tensor([2, 4], inputs);
      using tape = new Tape([values]);
      using result = logitsOf(values, 1);
      const expected = [log, log, Math.log(2e-5), log, NaN, NaN, NaN, Infinity];
      const read = await result.read();
      close(read.slice(0, 4), expected.slice(0, 4), { absolute: 2e-6 }, "logits");
      same(read.slice(4), expected.slice(4), "logits of no probabilities");
      using seed = device.tensor([2, 4], new Float32Array(8).fill(2));
      using gradient = (await tape.gradients(result, seed)).get(values)!;
      const slopes = await gradient.read();
      close(slopes.slice(0, 4), [0, 0, 1e5, 0], { relative: 1e-6 }, "gradients");
      same(slopes.slice(4), [NaN, NaN, NaN, 0], "gradients of no probabilities");
    },
  },
  {
    name: "of one channel either class may be the one below the least probability",
    async run(device) {
      const log = Math.log(leastProbability);
      using values = device.tensor([6, 1], [0, 1, 1.000001, 1.1, -0.1, NaN]);
      using tape = new Tape([values]);
      using result = logitsOf(values, 1);
      const read = await result.read();
      close(read.slice(0, 6), [0, log, log, 0, log, 0], { absolute: 3e-6 }, "logits");
      const tainted = [NaN, Math.fround(Math.log(1.1)), Math.fround(Math.log(1.1)), NaN, NaN, NaN].map(Number.isNaN);
      same(
        Array.from(read.slice(6), (value) => Number(Number.isNaN(value))),
        tainted.map(Number),
        "NaN",
      );
      using seed = device.tensor([6, 2], new Float32Array(12).fill(1));
      using gradient = (await tape.gradients(result, seed)).get(values)!;
      const slopes = await gradient.read();
      close(slopes.slice(0, 3), [-1, 1, 1], { absolute: 2e-6 }, "gradients");
      same(slopes.slice(3), [NaN, NaN, NaN], "gradients of no probabilities");
    },
  },
  {
    name: "ranges that begin within a row leave its padding 0, in logits and in gradients",
    async run(device) {
      // 64 quads and fewer, of rows of three.
      using small = await openBeside(device, { bindingBytes: 1024 });
      const op = {
        inputs: [uniform([61, 9], 4, 0.1, 0.9)],
        run: (p: Tensor): Tensor => logitsOf(p, 1),
        reference: (p: Float64Array): Float64Array => p.map(Math.log),
        tolerance: { absolute: 2e-6 },
        slopeTolerance: 2e-6,
      };
      await checkOp(small, op, "[61, 9]");
    },
  },
];
