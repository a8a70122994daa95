import { planeVertices as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const planeVertices = floor({
  kernel,
  moves: "numbers and neighbors once",
  bytes: ({ numbers, neighbors }) => numbers.bytes + neighbors.bytes,
  computes: "nothing",
  operations: () => 0,
  queue: async (workload) => (await workload.buildSpatial()).dispose(),
});
