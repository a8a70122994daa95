import { fill as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const fill = floor({
  kernel,
  moves: "values once",
  bytes: ({ count }) => count * 4,
  computes: "nothing",
  operations: () => 0,
  queue: async (workload) => (await workload.buildBilateral()).dispose(),
});
