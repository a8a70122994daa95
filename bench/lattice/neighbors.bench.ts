import { neighbors as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const neighbors = floor({
  kernel,
  moves: "slots, vertexKeys and neighbors once",
  bytes: ({ slots, vertexKeys, neighbors }) => slots.bytes + vertexKeys.bytes + neighbors.bytes,
  computes: "nothing: keys are integers",
  operations: () => 0,
  queue: async (workload) => (await workload.buildBilateral()).dispose(),
});
