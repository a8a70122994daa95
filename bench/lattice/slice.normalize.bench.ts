import { sliceNormalize as kernel } from "../../build/kernels.ts";
import { filter } from "../../src/lattice/filter.ts";
import { floor } from "../floor.ts";

export const sliceNormalize = floor({
  kernel,
  moves: "simplices, factors and result once",
  bytes: ({ simplices, factors, result }) => simplices.bytes + factors.bytes + result.bytes,
  computes: "a product an entry",
  operations: ({ entries }) => entries,
  queue: async (workload) => {
    using lattice = await workload.buildBilateral();
    filter(workload.unary, lattice, { normalization: "after" }).dispose();
  },
});
