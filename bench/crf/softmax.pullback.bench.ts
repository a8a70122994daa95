import { softmaxPullback as kernel } from "../../build/kernels.ts";
import { softmax } from "../../src/crf/softmax.ts";
import { Tape } from "../../src/tape.ts";
import { floor } from "../floor.ts";

export const softmaxPullback = floor({
  kernel,
  moves: "marginals, gradient and result once",
  bytes: ({ values, gradient, result }) => values.bytes + gradient.bytes + result.bytes,
  computes: "a channel: product and sum 2, difference and product 2, sum of values 1",
  operations: ({ rows, channels }) => rows * channels * 5,
  queue: async ({ unary }, device) => {
    using scope = device.scope();
    const tape = new Tape([unary]);
    await tape.gradients(scope.add(softmax(unary)), unary);
  },
});
