import { planeEmbed as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const planeEmbed = floor({
  kernel,
  moves: "features, and the simplices with cells once",
  bytes: ({ features, simplices }) => features.bytes + simplices.bytes,
  computes: "as lattice/embed: features 8, coordinates 27, comparisons 3",
  operations: ({ points }) => points * 38,
  queue: async (workload) => (await workload.buildSpatial()).dispose(),
});
