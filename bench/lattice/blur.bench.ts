import { blur as kernel } from "../../build/kernels.ts";
import { filter } from "../../src/lattice/filter.ts";
import { floor } from "../floor.ts";

export const blur = floor({
  kernel,
  moves: "neighbors, values and result once",
  bytes: ({ vertices, quads }) => (vertices + 1) * (8 + 32 * quads),
  computes: "two sums and a product a channel and vertex",
  operations: ({ vertices, quads }) => (vertices + 1) * 12 * quads,
  // WASM goes along chains where a lattice has more than two dimensions.
  queue: async (workload) => {
    const onWasm = workload.device.kind === "wasm";
    filter(workload.unary, onWasm ? await workload.spatial() : await workload.bilateral()).dispose();
  },
});
