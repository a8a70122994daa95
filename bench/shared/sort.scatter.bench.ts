import { sortScatter as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const sortScatter = floor({
  kernel,
  moves: "keys, starts, both sorted lists, and after the first round order, once",
  bytes: ({ count, starts, identity }) => count * (identity ? 12 : 16) + starts.bytes,
  computes: "nothing",
  operations: () => 0,
  queue: async (workload) => (await workload.buildBilateral()).dispose(),
});
