import { embed as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const embed = floor({
  kernel,
  moves: "features, keys and barycentric once",
  bytes: ({ features, keys, barycentric }) => features.bytes + keys.bytes + barycentric.bytes,
  computes:
    "a feature: scale 1, elevate 2, sum 1; a coordinate: round and remainder 4, weights 5; a pair of coordinates: compare 1",
  operations: ({ points, dimensions: d }) => points * (4 * d + 9 * (d + 1) + (d * (d + 1)) / 2),
  queue: (workload) => workload.stream(),
});
