import { logits as kernel } from "../../build/kernels.ts";
import { softmax } from "../../src/crf/softmax.ts";
import { logitsOf } from "../../src/nn/logits.ts";
import { floor } from "../floor.ts";

export const logits = floor({
  kernel,
  moves: "values and result once",
  bytes: ({ count }) => count * 32,
  computes: "a logarithm and a product an element",
  operations: ({ count }) => count * 8,
  queue: ({ unary }) => {
    using marginals = softmax(unary);
    logitsOf(marginals, 1).dispose();
  },
});
