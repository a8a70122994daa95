import { outerProducts as kernel } from "../../build/kernels.ts";
import { outerProducts as sumProducts } from "../../src/shared/outerProducts.ts";
import { floor } from "../floor.ts";

export const outerProducts = floor({
  kernel,
  moves: "both maps and the blocks' sums once",
  bytes: ({ a, b, result }) => a.bytes + b.bytes + result.bytes,
  computes: "a multiply-add a row and pair of channels",
  operations: ({ rows, channels }) => rows * channels * Math.ceil(channels / 4) * 8,
  queue: ({ unary, result }) => sumProducts(unary, result).dispose(),
});
