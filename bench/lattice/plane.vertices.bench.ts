import { planeVertices as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const planeVertices = floor({
  kernel,
  moves: "numbers, starts, neighbors, offsets and blockVertices once",
  bytes: ({ numbers, starts, neighbors, offsets, blockVertices }) =>
    numbers.bytes + starts.bytes + neighbors.bytes + offsets.bytes + blockVertices.bytes,
  computes: "nothing",
  operations: () => 0,
  queue: async (workload) => (await workload.buildSpatial()).dispose(),
});
