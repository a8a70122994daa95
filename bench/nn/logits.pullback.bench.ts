import { logitsPullback as kernel } from "../../build/kernels.ts";
import { softmax } from "../../src/crf/softmax.ts";
import { logitsOf } from "../../src/nn/logits.ts";
import { Tape } from "../../src/tape.ts";
import { floor } from "../floor.ts";

export const logitsPullback = floor({
  kernel,
  moves: "values, gradient and valueGradient once",
  bytes: ({ count }) => count * 48,
  computes: "a product and a quotient an element",
  operations: ({ count }) => count * 8,
  queue: async ({ unary }) => {
    using marginals = softmax(unary);
    using tape = new Tape([marginals]);
    using result = logitsOf(marginals, 1);
    for (const gradient of (await tape.gradients(result, unary)).values()) gradient.dispose();
  },
});
