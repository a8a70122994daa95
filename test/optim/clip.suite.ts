import { sgd } from "../../src/optim/sgd.ts";
import { type Case, check, close } from "../suite.ts";

export const cases: Case[] = [
  {
    name: "the norm is that of the gradients, whatever memory held before",
    async run(device) {
      // The first gradient takes two blocks of sums, the second shares none of them.
      using weights = device.tensor([65, 4]);
      using bias = device.tensor([3]);
      using one = device.tensor([65, 4], new Float32Array(260).fill(1));
      using other = device.tensor([3], [10, 10, 4]);
      using step = sgd({ weights, bias }, { rate: 1, clip: 1 });
      const before = device.tensor([4096], new Float32Array(4096).fill(1e9));
      before.dispose();
      step(new Map([[weights, one]]).set(bias, other));
      const norm = Math.sqrt(260 + 216);
      close(await weights.read(), new Float32Array(260).fill(-1 / norm), { relative: 1e-6 }, "weights");
      close(await bias.read(), [-10 / norm, -10 / norm, -4 / norm], { relative: 1e-6 }, "bias");
    },
  },
  {
    name: "without a limit no norm is computed",
    async run(device) {
      using weights = device.tensor([65, 4]);
      using gradient = device.tensor([65, 4], new Float32Array(260).fill(1));
      const most = (clip?: number): number => {
        using step = sgd({ weights }, { rate: 1, clip });
        device.resetPeak();
        const before = device.peakBytes;
        step(new Map([[weights, gradient]]));
        return device.peakBytes - before;
      };
      check(most() === 0 && most(1) > 0, "memory for the sums");
    },
  },
];
