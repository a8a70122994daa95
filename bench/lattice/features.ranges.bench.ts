import { featuresRanges as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const featuresRanges = floor({
  kernel,
  moves: "features once",
  bytes: ({ features }) => features.bytes,
  computes: "nothing: bits are compared as integers",
  operations: () => 0,
  queue: async (workload) => (await workload.buildBilateral()).dispose(),
});
