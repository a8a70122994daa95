import { incidenceCount as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const incidenceCount = floor({
  kernel,
  moves: "the vertex of each entry in and out, numbers once, counts in and out",
  bytes: ({ entries, numbers, counts }) => entries * 8 + numbers.bytes + 2 * counts.bytes,
  computes: "nothing",
  operations: () => 0,
  queue: async (workload) => (await workload.buildBilateral()).dispose(),
});
