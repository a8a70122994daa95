import { reluPullback as kernel } from "../../build/kernels.ts";
import { reluGradient } from "../../src/nn/relu.ts";
import { floor } from "../floor.ts";

export const reluPullback = floor({
  kernel,
  moves: "result, gradient and valueGradient once",
  bytes: ({ count }) => count * 48,
  computes: "nothing: a comparison an element",
  operations: () => 0,
  queue: ({ unary }) => reluGradient(unary, unary).dispose(),
});
