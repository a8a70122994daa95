import { tanh as kernel } from "../../build/kernels.ts";
import { tanh as tangent } from "../../src/nn/tanh.ts";
import { floor } from "../floor.ts";

export const tanh = floor({
  kernel,
  moves: "values and result once",
  bytes: ({ count }) => count * 32,
  computes: "an exp, a product, a sum, a difference and a quotient an element",
  operations: ({ count }) => count * 20,
  queue: ({ unary }) => tangent(unary).dispose(),
});
