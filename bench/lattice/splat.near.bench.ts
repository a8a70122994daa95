import { splatNear as kernel } from "../../build/kernels.ts";
import { filter } from "../../src/lattice/filter.ts";
import { bandPoints } from "../../src/lattice/incidence.ts";
import { floor } from "../floor.ts";

export const splatNear = floor({
  kernel,
  moves:
    "of a band: the offsets so far, incidence, the range of values, and result in and out; sums of long lists are not counted",
  bytes: ({ incidence, values, vertices, points, band, quads, valueQuads }) =>
    (band + 2) * (vertices + 2) * 4 +
    incidence.bytes +
    (values.bytes * quads * Math.min(1, bandPoints / points)) / valueQuads +
    (vertices + 1) * quads * 32,
  computes: "a multiply-add a channel and entry of the lists: 8 a quad, and an entry has 8 bytes",
  operations: ({ incidence, quads }) => incidence.bytes * quads,
  queue: async (workload) => filter(workload.unary, await workload.bilateral({ position: 80, color: 13 })).dispose(),
});
