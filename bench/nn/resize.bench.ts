import { resize as kernel } from "../../build/kernels.ts";
import { resize as resized } from "../../src/nn/resize.ts";
import { floor } from "../floor.ts";

/** From an eighth of the size, as the scores of many networks are: the larger run is the way up. */
export const resize = floor({
  kernel,
  moves: "values and result once",
  bytes: ({ values, result }) => values.bytes + result.bytes,
  computes: "three differences, products and sums an element",
  operations: ({ result }) => (result.bytes / 4) * 9,
  queue: ({ unary, scene: { height, width } }) => {
    using small = resized(unary, [Math.ceil(height / 8), Math.ceil(width / 8)]);
    resized(small, [height, width]).dispose();
  },
});
