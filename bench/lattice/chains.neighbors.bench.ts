import { chainsNeighbors as kernel } from "../../build/kernels.ts";
import { readLattice } from "../../src/lattice/readLattice.ts";
import { floor } from "../floor.ts";

export const chainsNeighbors = floor({
  kernel,
  moves: "chains and neighbors once",
  bytes: ({ chains, neighbors }) => chains.bytes + neighbors.bytes,
  computes: "nothing: vertices are whole numbers",
  operations: () => 0,
  queue: async (workload) => {
    using lattice = await workload.buildBilateral();
    await readLattice(lattice);
  },
});
