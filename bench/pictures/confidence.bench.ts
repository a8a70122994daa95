import { confidence as kernel } from "../../build/kernels.ts";
import { confidence as readConfidence } from "../../src/pictures/confidence.ts";
import { quadsOf } from "../../src/shape.ts";
import { floor } from "../floor.ts";

export const confidence = floor({
  kernel,
  moves: "logits once, and a number a pixel",
  bytes: ({ rows, channels }) => rows * (quadsOf(channels) * 16 + 4),
  computes: "a difference, an exp, a comparison and a sum a channel, and a quotient a pixel",
  operations: ({ rows, channels }) => rows * (quadsOf(channels) * 16 + 1),
  queue: ({ unary }) => readConfidence(unary),
});
