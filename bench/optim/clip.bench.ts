import { clip as kernel } from "../../build/kernels.ts";
import { clipFactor } from "../../src/optim/clip.ts";
import { floor } from "../floor.ts";

export const clip = floor({
  kernel,
  moves: "a quad in, a quad out",
  bytes: () => 32,
  computes: "three sums, a root and a quotient",
  operations: () => 5,
  queue: ({ unary, result }, device) => clipFactor(device, [unary], 1, { ...result.storage, bytes: 16 }),
});
