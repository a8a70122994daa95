import { compatibility as kernel } from "../../build/kernels.ts";
import { transform } from "../../src/crf/compatibility.ts";
import { floor } from "../floor.ts";

export const compatibility = floor({
  kernel,
  moves: "values, matrix, result, and where it is added addend, once",
  bytes: ({ values, matrix, addend, result, add }) =>
    values.bytes + matrix.bytes + result.bytes + (add ? addend.bytes : 0),
  computes:
    "a multiply-add a pair of channels, or a product a channel where the matrix is diagonal; a product and where there is an addend a sum a channel",
  operations: ({ rows, channels, diagonal, add }) => rows * channels * ((diagonal ? 1 : 2 * channels) + (add ? 2 : 1)),
  queue: ({ unary, fullMatrix }) => transform(unary, fullMatrix, { factor: -1 }).dispose(),
});
