import { slice as kernel } from "../../build/kernels.ts";
import { filter } from "../../src/lattice/filter.ts";
import { floor } from "../floor.ts";

export const slice = floor({
  kernel,
  moves: "simplices, values and the block of result once",
  bytes: ({ simplices, values, points, quads }) => simplices.bytes + values.bytes + points * 16 * quads,
  computes: "a multiply-add a channel and corner of the simplex, a product a channel",
  operations: ({ points, dimensions: d, quads }) => points * (8 * (d + 1) + 4) * quads,
  queue: async (workload) => filter(workload.unary, await workload.bilateral()).dispose(),
});
