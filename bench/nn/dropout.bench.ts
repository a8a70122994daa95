import { dropout as kernel } from "../../build/kernels.ts";
import { dropout as drop } from "../../src/nn/dropout.ts";
import { floor } from "../floor.ts";

export const dropout = floor({
  kernel,
  moves: "values and result once",
  bytes: ({ count }) => count * 32,
  computes: "a product an element; the random numbers are integers",
  operations: ({ count }) => count * 4,
  queue: ({ unary }) => drop(unary, { rate: 0.5, seed: 1 }).dispose(),
});
