import { embedPullback as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const embedPullback = floor({
  kernel,
  moves: "coordinateRanks, both sets of dot products and the gradient once",
  bytes: ({ coordinateRanks, valueDots, gradientDots, result }) =>
    coordinateRanks.bytes + valueDots.bytes + gradientDots.bytes + result.bytes,
  computes: "a coordinate: sums 4, difference and factor 2; a feature: 3",
  operations: ({ points, dimensions: d }) => points * (6 * (d + 1) + 3 * d),
  queue: (workload) => workload.pullBackFeatures(),
});
