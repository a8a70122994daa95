import { update as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const update = floor({
  kernel,
  moves: "both simplices, both blurred lattices, matrices, unary and result once",
  bytes: ({ spatialSimplices, bilateralSimplices, spatialValues, bilateralValues, matrices, unary, result }) =>
    spatialSimplices.bytes +
    bilateralSimplices.bytes +
    spatialValues.bytes +
    bilateralValues.bytes +
    matrices.bytes +
    unary.bytes +
    result.bytes,
  computes:
    "a multiply-add a channel that was filtered and corner of both simplices, and two sums a channel where the last one follows; with the matrices two a channel, or two a pair of channels; activation 5 a channel",
  operations: ({ points, dimensions, quads, valueQuads, channels, diagonal, activation }) =>
    points *
    (8 * valueQuads * (3 + dimensions + 1 + Number(valueQuads < quads)) +
      channels * (diagonal ? 4 : 4 * channels) +
      (activation ? 5 * channels : 0)),
  queue: async (workload) => {
    using iterations = await workload.iterations("potts");
    await iterations.run(2); // the last update has no activation, the one before it has
  },
});
