import { planeCount as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const planeCount = floor({
  kernel,
  moves: "the cell of each entry once, counts in and out",
  bytes: ({ points, counts }) => points * 12 + 2 * counts.bytes,
  computes: "nothing",
  operations: () => 0,
  queue: async (workload) => (await workload.buildSpatial()).dispose(),
});
