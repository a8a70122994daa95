import { resizePullback as kernel } from "../../build/kernels.ts";
import { resize } from "../../src/nn/resize.ts";
import { Tape } from "../../src/tape.ts";
import { floor } from "../floor.ts";

/** To an eighth of the size: every pixel of the gradient has a share in four of the values. */
export const resizePullback = floor({
  kernel,
  moves: "gradient and valueGradient once",
  bytes: ({ gradient, valueGradient }) => gradient.bytes + valueGradient.bytes,
  computes: "four products and sums an element of the gradient",
  operations: ({ gradient }) => (gradient.bytes / 4) * 8,
  queue: async ({ unary, scene: { height, width } }) => {
    using small = resize(unary, [Math.ceil(height / 8), Math.ceil(width / 8)]);
    using tape = new Tape([small]);
    using result = resize(small, [height, width]);
    for (const gradient of (await tape.gradients(result, unary)).values()) gradient.dispose();
  },
});
