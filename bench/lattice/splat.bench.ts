import { splat as kernel } from "../../build/kernels.ts";
import { filter } from "../../src/lattice/filter.ts";
import { floor } from "../floor.ts";

export const splat = floor({
  kernel,
  moves: "offsets, incidence, the block of values, and result once",
  bytes: ({ offsets, incidence, values, result, quads, valueQuads }) =>
    offsets.bytes + incidence.bytes + (values.bytes * quads) / valueQuads + result.bytes,
  computes: "a multiply-add a channel and entry of the lists: 8 a quad, and an entry has 8 bytes",
  operations: ({ incidence, quads }) => incidence.bytes * quads,
  queue: async (workload) => filter(workload.unary, await workload.bilateral()).dispose(),
});
