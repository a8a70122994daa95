import { taps as kernel } from "../../build/kernels.ts";
import { filter } from "../../src/lattice/filter.ts";
import { gaussianTaps } from "../../src/lattice/taps.ts";
import { floor } from "../floor.ts";

export const taps = floor({
  kernel,
  moves: "neighbors, values and result once",
  bytes: ({ vertices, quads }) => (vertices + 1) * (8 + 32 * quads),
  computes: "three products and two sums a channel and vertex",
  operations: ({ vertices, quads }) => (vertices + 1) * 20 * quads,
  queue: async (workload) => {
    const { unary, device } = workload;
    using taps = device.tensor([3], gaussianTaps);
    filter(unary, await workload.bilateral(), { taps }).dispose();
  },
});
