import { dense as kernel } from "../../build/kernels.ts";
import { dense as denseOf } from "../../src/nn/dense.ts";
import { floor } from "../floor.ts";

export const dense = floor({
  kernel,
  moves: "values and result once",
  bytes: ({ values, count }) => values.bytes + count * 4,
  computes: "nothing",
  operations: () => 0,
  queue: ({ unary }) => denseOf(unary, "nchw").dispose(),
});
