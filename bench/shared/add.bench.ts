import { add as kernel } from "../../build/kernels.ts";
import { sum } from "../../src/sum.ts";
import { floor } from "../floor.ts";

export const add = floor({
  kernel,
  moves: "a, b and result once",
  bytes: ({ count }) => count * 48,
  computes: "a sum an element",
  operations: ({ count }) => count * 4,
  queue: ({ unary }) => sum(unary, unary).dispose(),
});
