import { sample as kernel } from "../../build/kernels.ts";
import { sample as sampled } from "../../src/shared/sample.ts";
import { floor } from "../floor.ts";

export const sample = floor({
  kernel,
  moves: "places, and as many values twice",
  bytes: ({ count }) => count * 12,
  computes: "nothing",
  operations: () => 0,
  queue: ({ unary, result }, device) =>
    sampled(
      device,
      unary.storage,
      Uint32Array.from({ length: 4096 }, (_, i) => i * 7),
      result.storage,
    ),
});
