import { sliceDots as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const sliceDots = floor({
  kernel,
  moves: "simplices, vertex values and the map once, the dot products twice",
  bytes: ({ simplices, values, other, dots }) => simplices.bytes + values.bytes + other.bytes + 2 * dots.bytes,
  computes: "a multiply-add a channel of every entry, and two operations an entry",
  operations: ({ entries, quads }) => entries * (8 * quads + 2),
  queue: (workload) => workload.pullBackFeatures(),
});
