import { diceShares as kernel } from "../../build/kernels.ts";
import { dice } from "../../src/nn/dice.ts";
import { floor } from "../floor.ts";

export const diceShares = floor({
  kernel,
  moves: "scores, shares and right once, a byte of labels a pixel",
  bytes: ({ scores, shares, rows }) => scores.bytes + 2 * shares.bytes + rows,
  computes: "a difference, an exp, a sum and a quotient a channel",
  operations: ({ rows, channels }) => rows * channels * 4,
  queue: ({ unary, points }, device) => {
    using labels = device.labels(unary.shape.slice(0, -1), new Uint8Array(points));
    dice(unary, labels).dispose();
  },
});
