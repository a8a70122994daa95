import { meanPullback as kernel } from "../../build/kernels.ts";
import { mean } from "../../src/nn/mean.ts";
import { Tape } from "../../src/tape.ts";
import { floor } from "../floor.ts";

export const meanPullback = floor({
  kernel,
  moves: "valueGradient once",
  bytes: ({ valueGradient }) => valueGradient.bytes,
  computes: "a product an element",
  operations: ({ valueGradient }) => valueGradient.bytes / 4,
  queue: async ({ unary }) => {
    using tape = new Tape([unary]);
    using average = mean(unary);
    for (const gradient of (await tape.gradients(average)).values()) gradient.dispose();
  },
});
