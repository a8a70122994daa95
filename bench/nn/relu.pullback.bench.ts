import { reluPullback as kernel } from "../../build/kernels.ts";
import { maskGradient } from "../../src/nn/relu.ts";
import { floor } from "../floor.ts";

export const reluPullback = floor({
  kernel,
  moves: "result once, gradient twice",
  bytes: ({ count }) => count * 48,
  computes: "nothing: a comparison an element",
  operations: () => 0,
  queue({ unary }) {
    using gradient = unary.like();
    maskGradient(unary, gradient);
  },
});
