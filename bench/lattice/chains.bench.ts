import { chains as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const chains = floor({
  kernel,
  moves: "neighbors and chains once",
  bytes: ({ neighbors, chains: listed }) => neighbors.bytes + listed.bytes,
  computes: "nothing: vertices are whole numbers",
  operations: () => 0,
  queue: async (workload) => (await workload.buildBilateral()).dispose(),
});
