import { DisposedError, ValueError } from "../../src/errors.ts";
import { accumulate } from "../../src/optim/accumulate.ts";
import type { Tensor } from "../../src/tensor.ts";
import { type Case, check, rejects, same } from "../suite.ts";

export const cases: Case[] = [
  {
    name: "what was summed is freed, and of all gradients the total alone stays",
    async run(device) {
      using parameter = device.tensor([3]);
      using other = device.tensor([1]);
      const gradients = [1, 2, 4].map((value) => device.tensor([3], [value, 0, -value]));
      const total = new Map<Tensor, Tensor>();
      for (const gradient of gradients) accumulate(total, new Map([[parameter, gradient]]));
      const own = device.tensor([1], [5]);
      accumulate(total, new Map([[other, own]]));
      check(gradients.every((gradient) => gradient.disposed) && !own.disposed, "what is freed");
      using sum = total.get(parameter)!;
      same(await sum.read(), [7, 0, -7], "sum");
      check(total.size === 2 && total.get(other) === own, "a gradient that comes once stays as it is");
      own.dispose();
    },
  },
  {
    name: "what is no map of gradients is refused, and nothing is added",
    async run(device) {
      using parameter = device.tensor([1]);
      using gradient = device.tensor([1], [2]);
      const gradients = new Map([[parameter, gradient]]);
      for (const wrong of [undefined, {}, [gradient]] as never[]) {
        await rejects(() => accumulate(wrong, gradients), ValueError, `total ${String(wrong)}`);
        await rejects(() => accumulate(gradients, wrong), ValueError, `gradients ${String(wrong)}`);
      }
      check(gradients.size === 1 && !gradient.disposed, "the gradients are as they were");
      const gone = device.tensor([1]);
      gone.dispose();
      const error = await rejects(() => accumulate(gradients, new Map([[parameter, gone]])), DisposedError);
      check(error.message.startsWith("accumulate: expected gradient, tensor [1] to be live"), error.message);
      check(gradients.get(parameter) === gradient && !gradient.disposed, "and so is the total");
    },
  },
];
