import { featuresPullback as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const featuresPullback = floor({
  kernel,
  moves: "both gradients once",
  bytes: ({ gradient, result }) => gradient.bytes + result.bytes,
  computes: "a division a channel",
  operations: ({ points, dimensions: d }) => points * (d - 2),
  queue: (workload) => workload.pullBackFeatures(),
});
