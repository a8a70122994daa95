import { maxPool2d as kernel } from "../../build/kernels.ts";
import { maxPool2d as pool } from "../../src/nn/maxPool2d.ts";
import { floor } from "../floor.ts";

export const maxPool2d = floor({
  kernel,
  moves: "values and result once",
  bytes: ({ values, result }) => values.bytes + result.bytes,
  computes: "nothing: three comparisons a window",
  operations: () => 0,
  queue: ({ unary }) => pool(unary).dispose(),
});
