import { scanBlocks as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const scanBlocks = floor({
  kernel,
  moves: "values in and out, totals once",
  bytes: ({ count, totals }) => count * 8 + totals.bytes,
  computes: "nothing: the sums are of integers",
  operations: () => 0,
  queue: async (workload) => (await workload.buildBilateral()).dispose(),
});
