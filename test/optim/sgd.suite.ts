import { DisposedError, ShapeError, ValueError } from "../../src/errors.ts";
import { sgd } from "../../src/optim/sgd.ts";
import type { Tensor } from "../../src/tensor.ts";
import { type Case, check, rejects, same } from "../suite.ts";

export const cases: Case[] = [
  {
    name: "without momentum and decay, a step is the rate times the gradient",
    async run(device) {
      using weights = device.tensor([2, 3], [1, 2, 3, 4, 5, 6]);
      using gradient = device.tensor([2, 3], [2, 0, 2, 0, 2, 0]);
      using step = sgd({ weights }, { rate: 0.5 });
      for (let i = 0; i < 2; i++) step(new Map([[weights, gradient]]));
      same(await weights.read(), [-1, 2, 1, 4, 3, 6], "weights");
    },
  },
  {
    name: "an optimizer keeps moments by name, and frees them with itself",
    async run(device) {
      using weights = device.tensor([2], [1, 2]);
      const gradient = device.tensor([2], [3, 5]);
      const step = sgd({ weights }, { rate: 1, momentum: 0.5 });
      step(new Map([[weights, gradient]]));
      gradient.dispose();
      check(Object.keys(step.moments).join() === "weights.velocity", `moments: ${Object.keys(step.moments)}`);
      same(await step.moments["weights.velocity"]!.read(), [3, 5], "velocity");
      step.dispose();
      check(step.moments["weights.velocity"]!.disposed, "the velocity is freed");
      using _again = sgd({ weights }, { rate: 1, clip: 1 });
    },
  },
  {
    name: "where nothing moves, steps are counted and no more",
    async run(device) {
      using weights = device.tensor([2], [1, 2]);
      using gradient = device.tensor([2], [3, 5]);
      using fixed = sgd({ weights }, { rate: 1, clip: 1, multipliers: { "*": { rate: 0 } } });
      fixed(new Map([[weights, gradient]]));
      using moving = sgd({ weights }, { rate: 1, clip: 1 });
      moving(new Map<Tensor, Tensor>());
      check(fixed.steps === 1 && moving.steps === 1, "steps");
      same(await weights.read(), [1, 2], "weights");
    },
  },
  {
    name: "a gradient of another shape is refused before any step, with its own shape first",
    async run(device) {
      using weights = device.tensor([2], [1, 2]);
      using gradient = device.tensor([3]);
      using step = sgd({ weights }, { rate: 1 });
      const error = await rejects(() => step(new Map([[weights, gradient]])), ShapeError);
      check(/gradient of weights.*\[3\] rows and \[2\] rows/.test(error.message), error.message);
      const gone = device.tensor([2]);
      gone.dispose();
      await rejects(() => step(new Map([[weights, gone]])), DisposedError);
      check(step.steps === 0, `steps: ${step.steps}`);
    },
  },
  {
    name: "what is no object of tensors, or has none, is an error; a step without gradients is none",
    async run(device) {
      using weights = device.tensor([2]);
      using step = sgd({ weights }, { rate: 1 });
      step(new Map<Tensor, Tensor>());
      check(step.steps === 1, "nothing to do");
      const { message } = await rejects(() => sgd({}, { rate: 1 }), ValueError);
      check(message.includes("an object of tensors by name, got none — pass network.parameters"), message);
      for (const wrong of [null, undefined, new Map([["weights", weights]]), [weights], 3]) {
        await rejects(() => sgd(wrong as never, { rate: 1 }), ValueError, String(wrong));
      }
    },
  },
  {
    name: "an optimizer that was disposed of takes no step, and neither gives nor takes a state",
    async run(device) {
      using weights = device.tensor([2], [1, 2]);
      using gradient = device.tensor([2], [3, 5]);
      const step = sgd({ weights }, { rate: 1, momentum: 0.5 });
      const state = await step.state();
      step.dispose();
      for (const use of [
        () => step(new Map([[weights, gradient]])),
        () => step(new Map<Tensor, Tensor>()),
        () => step.load(state),
        () => step.state(),
      ]) {
        const { message } = await rejects(use, DisposedError);
        check(message.startsWith("sgd: "), message);
      }
      check(step.steps === 0, `steps: ${step.steps}`);
      same(await weights.read(), [1, 2], "weights");
    },
  },
];
