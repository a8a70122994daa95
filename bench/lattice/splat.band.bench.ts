import { splatBand as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const splatBand = floor({
  kernel,
  moves:
    "offsets, incidence, the range of values, lists in and out, and result once; running sums of long lists are not counted",
  bytes: ({ offsets, incidence, values, vertices, quads, valueQuads }) =>
    offsets.bytes + incidence.bytes + (values.bytes * quads) / valueQuads + vertices * 16 + (vertices + 1) * quads * 16,
  computes: "a multiply-add a channel and entry of the lists: 8 a quad, and an entry has 8 bytes",
  operations: ({ incidence, quads }) => incidence.bytes * quads,
  queue: (workload) => workload.stream(),
});
