import { splatNear as kernel } from "../../build/kernels.ts";
import { filter } from "../../src/lattice/filter.ts";
import { bandPoints } from "../../src/lattice/incidence.ts";
import { floor } from "../floor.ts";

export const splatNear = floor({
  kernel,
  moves: "of a band: its offsets, incidence, the range of values, and lists, result and sums in and out",
  bytes: ({ offsets, incidence, values, vertices, points, quads, valueQuads }) =>
    offsets.bytes +
    incidence.bytes +
    (values.bytes * quads * Math.min(1, bandPoints / points)) / valueQuads +
    vertices * 16 +
    (vertices + 1) * quads * 32,
  computes: "a multiply-add a channel and entry of the lists: 8 a quad, and an entry has 8 bytes",
  operations: ({ incidence, quads }) => incidence.bytes * quads,
  queue: async (workload) => filter(workload.unary, await workload.bilateral({ position: 80, color: 13 })).dispose(),
});
