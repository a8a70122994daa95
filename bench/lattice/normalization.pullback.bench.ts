import { normalizationPullback as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const normalizationPullback = floor({
  kernel,
  moves: "simplices, factors, both sets of dot products and the gradient once",
  bytes: ({ simplices, factors, valueDots, gradientDots, result }) =>
    simplices.bytes + factors.bytes + valueDots.bytes + gradientDots.bytes + result.bytes,
  computes: "5 an entry, 2 a point",
  operations: ({ points, dimensions: d }) => points * (5 * (d + 1) + 2),
  queue: (workload) => workload.pullBackFeatures(),
});
