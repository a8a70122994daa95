import { normalization as kernel } from "../../build/kernels.ts";
import { filter } from "../../src/lattice/filter.ts";
import { floor } from "../floor.ts";

export const normalization = floor({
  kernel,
  moves: "values and factors once",
  bytes: ({ values, factors }) => values.bytes + factors.bytes,
  computes: "a sum and a division a point, and a root where symmetric",
  operations: ({ points, symmetric }) => points * (symmetric ? 3 : 2),
  queue: async (workload) => {
    using lattice = await workload.buildBilateral();
    filter(workload.unary, lattice, { normalization: "after" }).dispose();
  },
});
