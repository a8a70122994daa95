import { tapsPullback as kernel } from "../../build/kernels.ts";
import { filter } from "../../src/lattice/filter.ts";
import { gaussianTaps } from "../../src/lattice/taps.ts";
import { Tape } from "../../src/tape.ts";
import { floor } from "../floor.ts";

export const tapsPullback = floor({
  kernel,
  moves: "neighbors, values, gradient and products once",
  bytes: ({ vertices, quads }) => vertices * (8 + 48 * quads),
  computes: "a product a channel and vertex",
  operations: ({ vertices, quads }) => vertices * 4 * quads,
  queue: async (workload) => {
    const { unary, device } = workload;
    using taps = device.tensor([3], gaussianTaps);
    using tape = new Tape([taps]);
    using smooth = filter(unary, await workload.bilateral(), { taps });
    const gradients = await tape.gradients(smooth, unary);
    for (const gradient of gradients.values()) gradient.dispose();
  },
});
