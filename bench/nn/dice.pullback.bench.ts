import { dicePullback as kernel } from "../../build/kernels.ts";
import { dice } from "../../src/nn/dice.ts";
import { Tape } from "../../src/tape.ts";
import { floor } from "../floor.ts";

export const dicePullback = floor({
  kernel,
  moves: "scores and scoreGradient once, a byte of labels a pixel",
  bytes: ({ scores, scoreGradient, rows }) => scores.bytes + scoreGradient.bytes + rows,
  computes: "a difference, an exp, two sums, a quotient, a difference and two products a channel",
  operations: ({ rows, channels }) => rows * channels * 8,
  queue: async ({ unary, points }, device) => {
    using labels = device.labels(unary.shape.slice(0, -1), new Uint8Array(points));
    using tape = new Tape([unary]);
    using loss = dice(unary, labels);
    for (const gradient of (await tape.gradients(loss)).values()) gradient.dispose();
  },
});
