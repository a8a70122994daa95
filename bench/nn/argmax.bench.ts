import { argmax as kernel } from "../../build/kernels.ts";
import { argmax as labelsOf } from "../../src/nn/argmax.ts";
import { floor } from "../floor.ts";

export const argmax = floor({
  kernel,
  moves: "scores once, and the bits of a label a pixel",
  bytes: ({ scores, rows, bits }) => scores.bytes + (rows * bits) / 8,
  computes: "nothing: a comparison a channel",
  operations: () => 0,
  queue: ({ unary }) => labelsOf(unary),
});
