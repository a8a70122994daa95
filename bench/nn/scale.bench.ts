import { scale as kernel } from "../../build/kernels.ts";
import { scale as scaled } from "../../src/nn/scale.ts";
import { floor } from "../floor.ts";

export const scale = floor({
  kernel,
  moves: "values and result once",
  bytes: ({ count }) => count * 32,
  computes: "a product an element",
  operations: ({ count }) => count * 4,
  queue: ({ unary }) => scaled(unary, 0.01).dispose(),
});
