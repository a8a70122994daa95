import { mean as kernel } from "../../build/kernels.ts";
import { mean as average } from "../../src/nn/mean.ts";
import { floor } from "../floor.ts";

export const mean = floor({
  kernel,
  moves: "sums and result once",
  bytes: ({ count }) => count * 32,
  computes: "a product an element",
  operations: ({ count }) => count * 4,
  queue: ({ unary }) => average(unary, { axes: "hw" }).dispose(),
});
