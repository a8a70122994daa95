import { splatAdd as kernel } from "../../build/kernels.ts";
import { filter } from "../../src/lattice/filter.ts";
import { floor } from "../floor.ts";

export const splatAdd = floor({
  kernel,
  moves: "the vertices of the blocks; the sums of long lists, how many there are the data say, are not counted",
  bytes: ({ rows, nextRows }) => (rows + nextRows) * 4,
  computes: "nothing, where all lists are short",
  operations: () => 0,
  queue: async (workload) => filter(workload.unary, await workload.bilateral()).dispose(),
});
