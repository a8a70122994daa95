import { incidenceNormalize as kernel } from "../../build/kernels.ts";
import { filter } from "../../src/lattice/filter.ts";
import { floor } from "../floor.ts";

export const incidenceNormalize = floor({
  kernel,
  moves: "incidence, factors and result once",
  bytes: ({ incidence, factors, result }) => incidence.bytes + factors.bytes + result.bytes,
  computes: "a product an entry",
  operations: ({ entries }) => entries,
  queue: async (workload) => {
    using lattice = await workload.buildBilateral();
    filter(workload.unary, lattice, { normalization: "before" }).dispose();
  },
});
