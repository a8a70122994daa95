import { incidenceEntries as kernel } from "../../build/kernels.ts";
import { filter } from "../../src/lattice/filter.ts";
import { buildLattice } from "../../src/lattice/lattice.ts";
import { floor } from "../floor.ts";
import { paper } from "../workload.ts";

export const incidenceEntries = floor({
  kernel,
  moves: "simplices, vertexOfEntry and barycentric once",
  bytes: ({ entries }) => entries * 16,
  computes: "nothing",
  operations: () => 0,
  queue: async (workload) => {
    const features = workload.bilateralFeatures(paper.bilateral);
    using lattice = await buildLattice(features, { at: features });
    filter(workload.unary, lattice, { at: lattice.at, transpose: true }).dispose();
  },
});
