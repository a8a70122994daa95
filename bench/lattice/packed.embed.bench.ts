import { packedEmbed as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const packedEmbed = floor({
  kernel,
  moves: "features and simplices once, the table in and out",
  bytes: ({ features, simplices, table }) => features.bytes + simplices.bytes + 2 * table.bytes,
  computes: "as lattice/embed; keys are integers",
  operations: ({ points, dimensions: d }) => points * (4 * d + 9 * (d + 1) + (d * (d + 1)) / 2),
  queue: async (workload) => (await workload.buildBilateral()).dispose(),
});
