import { orderDigit as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const orderDigit = floor({
  kernel,
  moves: "digits, the keys' words that hold them (4 bytes), and after the first sort order, once",
  bytes: ({ vertices, identity }) => vertices * (identity ? 8 : 12),
  computes: "nothing: keys are integers",
  operations: () => 0,
  queue: async (workload) => (await workload.buildBilateral()).dispose(),
});
