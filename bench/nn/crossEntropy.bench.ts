import { crossEntropy as kernel } from "../../build/kernels.ts";
import { crossEntropy as lossOf } from "../../src/nn/crossEntropy.ts";
import { floor } from "../floor.ts";

export const crossEntropy = floor({
  kernel,
  moves: "scores once, a byte of labels and a quad of losses a pixel",
  bytes: ({ scores, rows }) => scores.bytes + rows * 17,
  computes: "a difference, an exp and a sum a channel",
  operations: ({ rows, channels }) => rows * channels * 3,
  queue: ({ unary, points }, device) => {
    using labels = device.labels(unary.shape.slice(0, -1), new Uint8Array(points));
    lossOf(unary, labels).dispose();
  },
});
