import { incidenceScatter as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const incidenceScatter = floor({
  kernel,
  moves: "simplices and incidence once, starts in and out",
  bytes: ({ entries, starts }) => entries * 16 + 2 * starts.bytes,
  computes: "nothing",
  operations: () => 0,
  queue: async (workload) => (await workload.buildBilateral()).dispose(),
});
