import { maxPool2dPullback as kernel } from "../../build/kernels.ts";
import { maxPool2d } from "../../src/nn/maxPool2d.ts";
import { Tape } from "../../src/tape.ts";
import { floor } from "../floor.ts";

export const maxPool2dPullback = floor({
  kernel,
  moves: "values, gradient and valueGradient once",
  bytes: ({ values, gradient, valueGradient }) => values.bytes + gradient.bytes + valueGradient.bytes,
  computes: "nothing: three comparisons a window",
  operations: () => 0,
  queue: async ({ unary }) => {
    using tape = new Tape([unary]);
    using pooled = maxPool2d(unary);
    for (const gradient of (await tape.gradients(pooled, pooled)).values()) gradient.dispose();
  },
});
