import { blurChains as kernel } from "../../build/kernels.ts";
import { filter } from "../../src/lattice/filter.ts";
import { floor } from "../floor.ts";

export const blurChains = floor({
  kernel,
  moves: "chains once, and values in and out, as if every vertex had a neighbor",
  bytes: ({ vertices, quads }) => vertices * (4 + 32 * quads),
  computes: "two sums and a product a channel and vertex",
  operations: ({ vertices, quads }) => vertices * 12 * quads,
  queue: async (workload) => filter(workload.unary, await workload.bilateral()).dispose(),
});
