import { sortCount as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const sortCount = floor({
  kernel,
  moves: "keys and counts once",
  bytes: ({ keys, counts }) => keys.bytes + counts.bytes,
  computes: "nothing: counts are integers",
  operations: () => 0,
  queue: async (workload) => (await workload.buildBilateral()).dispose(),
});
