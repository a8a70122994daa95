import { splat as kernel } from "../../build/kernels.ts";
import { filter } from "../../src/lattice/filter.ts";
import { floor } from "../floor.ts";

export const splat = floor({
  kernel,
  moves: "offsets, incidence, the range of values, and result once; sums of long lists are not counted",
  bytes: ({ offsets, incidence, values, vertices, quads, valueQuads }) =>
    offsets.bytes + incidence.bytes + (values.bytes * quads) / valueQuads + (vertices + 1) * quads * 16,
  computes: "a multiply-add a channel and entry of the lists: 8 a quad, and an entry has 8 bytes",
  operations: ({ incidence, quads }) => incidence.bytes * quads,
  queue: async (workload) => filter(workload.unary, await workload.bilateral()).dispose(),
});
