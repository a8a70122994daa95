import { orderDigit as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const orderDigit = floor({
  kernel,
  moves: "packedKeys, digits, and after the first sort order, once",
  bytes: ({ vertices, identity }) => vertices * (identity ? 12 : 16),
  computes: "nothing: keys are integers",
  operations: () => 0,
  queue: async (workload) => (await workload.buildBilateral()).dispose(),
});
