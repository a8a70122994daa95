import { crossEntropyPullback as kernel } from "../../build/kernels.ts";
import { crossEntropy } from "../../src/nn/crossEntropy.ts";
import { Tape } from "../../src/tape.ts";
import { floor } from "../floor.ts";

export const crossEntropyPullback = floor({
  kernel,
  moves: "scores and scoreGradient once, a byte of labels a pixel",
  bytes: ({ scores, scoreGradient, rows }) => scores.bytes + scoreGradient.bytes + rows,
  computes: "a difference, an exp, a sum, a quotient, a difference and a product a channel",
  operations: ({ rows, channels }) => rows * channels * 6,
  queue: async ({ unary, points }, device) => {
    using labels = device.labels(unary.shape.slice(0, -1), new Uint8Array(points));
    using tape = new Tape([unary]);
    using loss = crossEntropy(unary, labels);
    for (const gradient of (await tape.gradients(loss)).values()) gradient.dispose();
  },
});
