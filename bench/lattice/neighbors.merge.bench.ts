import { neighborsMerge as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const neighborsMerge = floor({
  kernel,
  moves: "packedKeys, order and neighbors once",
  bytes: ({ packedKeys, order, neighbors }) => packedKeys.bytes + order.bytes + neighbors.bytes,
  computes: "nothing: keys are integers",
  operations: () => 0,
  queue: async (workload) => (await workload.buildBilateral()).dispose(),
});
