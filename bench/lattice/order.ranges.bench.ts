import { orderRanges as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const orderRanges = floor({
  kernel,
  moves: "vertexKeys once",
  bytes: ({ vertexKeys }) => vertexKeys.bytes,
  computes: "nothing: keys are integers",
  operations: () => 0,
  queue: (workload) => workload.stream(),
});
