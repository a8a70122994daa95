import { embedPullback as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const embedPullback = floor({
  kernel,
  moves: "ranks, both sets of dot products and the gradient once",
  bytes: ({ ranks, ofValues, ofGradient, result }) => ranks.bytes + ofValues.bytes + ofGradient.bytes + result.bytes,
  computes: "a coordinate: sums 4, difference and factor 2; a feature: 3",
  operations: ({ points, dimensions: d }) => points * (6 * (d + 1) + 3 * d),
  queue: (workload) => workload.pullBackFeatures(),
});
