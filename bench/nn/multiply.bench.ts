import { multiply as kernel } from "../../build/kernels.ts";
import { multiply as product } from "../../src/nn/multiply.ts";
import { floor } from "../floor.ts";

export const multiply = floor({
  kernel,
  moves: "a, b and result once",
  bytes: ({ count }) => count * 48,
  computes: "a product an element",
  operations: ({ count }) => count * 4,
  queue: ({ unary }) => product(unary, unary).dispose(),
});
