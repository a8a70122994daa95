import { incidenceTotals as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const incidenceTotals = floor({
  kernel,
  moves: "counts and totals once",
  bytes: ({ counts, totals }) => counts.bytes + totals.bytes,
  computes: "nothing",
  operations: () => 0,
  queue: async (workload) => (await workload.buildBilateral()).dispose(),
});
