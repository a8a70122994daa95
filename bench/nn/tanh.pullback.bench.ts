import { tanhPullback as kernel } from "../../build/kernels.ts";
import { scaleGradient } from "../../src/nn/tanh.ts";
import { floor } from "../floor.ts";

export const tanhPullback = floor({
  kernel,
  moves: "result once, gradient twice",
  bytes: ({ count }) => count * 48,
  computes: "two products and a difference an element",
  operations: ({ count }) => count * 12,
  queue({ unary }) {
    using gradient = unary.like();
    scaleGradient(unary, gradient);
  },
});
