import { relu } from "../../src/nn/relu.ts";
import { type Case, close } from "../suite.ts";
import { checkOp, distinct, shapes } from "./op.ts";

export const cases: Case[] = [
  {
    name: "keeps what is above zero, and its gradient with it",
    async run(device) {
      for (const shape of shapes) {
        const reference = (x: Float64Array): Float64Array => x.map((value) => Math.max(value, 0));
        await checkOp(device, { inputs: [distinct(shape, 1)], run: relu, reference }, `relu [${shape.join()}]`);
      }
    },
  },
  {
    name: "lets NaN through, so that it is found where it arose",
    async run(device) {
      using values = device.tensor([4], [NaN, -1, 0, 2]);
      using result = relu(values);
      close((await result.read()).slice(1), [0, 0, 2], {}, "others");
      const first = (await result.read())[0];
      if (!Number.isNaN(first)) throw new Error(`expected NaN, got ${first}`);
    },
  },
];
