import { ValueError } from "../../src/errors.ts";
import { adam } from "../../src/optim/adam.ts";
import { type Case, check, close, rejects } from "../suite.ts";

export const cases: Case[] = [
  {
    name: "without running means, a step is the rate in the gradient's direction",
    async run(device) {
      using weights = device.tensor([3], [1, 2, 3]);
      using gradient = device.tensor([3], [0.5, -2, 0]);
      using step = adam({ weights }, { rate: 0.25, betas: [0, 0], epsilon: 0.5 });
      step(new Map([[weights, gradient]]));
      close(await weights.read(), [1 - 0.125, 2 + 0.2, 3], { relative: 1e-6 }, "weights");
    },
  },
  {
    name: "a decay beside the gradient shrinks what the gradient does not move, by rate and decay",
    async run(device) {
      using weights = device.tensor([3], [1, -2, 4]);
      using gradient = device.tensor([3], [0.5, 0, -8]);
      using step = adam({ weights }, { rate: 0.25, decay: 0.1, betas: [0, 0], epsilon: 0.5, decoupled: true });
      step(new Map([[weights, gradient]]));
      // w − 0.25·g/(|g| + 0.5) − 0.25·0.1·w
      close(await weights.read(), [1 - 0.125 - 0.025, -2 + 0.05, 4 + 2 / 8.5 - 0.1], { relative: 1e-6 }, "weights");
      await rejects(() => adam({ weights }, { rate: 1, decoupled: 1 as never }), ValueError);
    },
  },
  {
    name: "betas and an epsilon out of range are refused",
    async run(device) {
      using weights = device.tensor([3]);
      for (const options of [
        { betas: [-0.1, 0.9] as const },
        { betas: [0.9, 1] as const },
        { betas: [NaN, 0.9] as const },
        { betas: [0.9] as never },
        { betas: [0.9, 0.9, 0.9] as never },
        { betas: 0.9 as never },
        { epsilon: -1 },
        { epsilon: NaN },
      ]) {
        await rejects(() => adam({ weights }, { rate: 1, ...options }), ValueError, JSON.stringify(options));
      }
      const { message } = await rejects(() => adam({ weights }, { rate: 1, betas: [0.5, 1] }), ValueError);
      check(message.includes("got 0.5 and 1"), message);
      await rejects(() => adam({ weights }, undefined as never), ValueError);
      using _smallest = adam({ weights }, { rate: 0, epsilon: 0 });
    },
  },
];
