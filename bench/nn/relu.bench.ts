import { relu as kernel } from "../../build/kernels.ts";
import { relu as rectify } from "../../src/nn/relu.ts";
import { floor } from "../floor.ts";

export const relu = floor({
  kernel,
  moves: "values and result once",
  bytes: ({ count }) => count * 32,
  computes: "nothing: a comparison an element",
  operations: () => 0,
  queue: ({ unary }) => rectify(unary).dispose(),
});
