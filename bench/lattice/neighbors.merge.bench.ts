import { neighborsMerge as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const neighborsMerge = floor({
  kernel,
  moves: "packedKeys and neighbors once",
  bytes: ({ packedKeys, neighbors }) => packedKeys.bytes + neighbors.bytes,
  computes: "nothing: keys are integers",
  operations: () => 0,
  queue: async (workload) => (await workload.buildBilateral()).dispose(),
});
