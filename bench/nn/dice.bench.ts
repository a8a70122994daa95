import { dice as kernel } from "../../build/kernels.ts";
import { dice as lossOf } from "../../src/nn/dice.ts";
import { floor } from "../floor.ts";

export const dice = floor({
  kernel,
  moves: "sums, slopes and counts of the classes, a quad of losses a class",
  bytes: ({ channels }) => channels * 36,
  computes: "some ten operations a class",
  operations: ({ channels }) => channels * 10,
  queue: ({ unary, points }, device) => {
    using labels = device.labels(unary.shape.slice(0, -1), new Uint8Array(points));
    lossOf(unary, labels).dispose();
  },
});
