import { featuresBilateral as kernel } from "../../build/kernels.ts";
import { bilateralFeatures } from "../../src/lattice/features.ts";
import { floor } from "../floor.ts";

export const featuresBilateral = floor({
  kernel,
  moves: "guide, positions and features once",
  bytes: ({ guide, positions, features }) => guide.bytes + positions.bytes + features.bytes,
  computes: "a division a color",
  operations: ({ points, dimensions }) => points * (dimensions - 2),
  queue: ({ guide }) => bilateralFeatures(guide, { position: 160, color: 3 }).dispose(),
});
