import { columnSums as kernel } from "../../build/kernels.ts";
import { columnSums as queueSums } from "../../src/shared/columnSums.ts";
import { floor } from "../floor.ts";

export const columnSums = floor({
  kernel,
  moves: "values and sums once",
  bytes: ({ values, result }) => values.bytes + result.bytes,
  computes: "a sum an element",
  operations: ({ rows, quads }) => rows * quads * 4,
  queue: ({ unary, result, points, quads }, device) => queueSums(device, unary.storage, result.storage, points, quads),
});
