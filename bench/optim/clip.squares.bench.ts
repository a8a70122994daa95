import { clipSquares as kernel } from "../../build/kernels.ts";
import { clipFactor } from "../../src/optim/clip.ts";
import { floor } from "../floor.ts";

export const clipSquares = floor({
  kernel,
  moves: "values once, a 64th of that as sums",
  bytes: ({ count }) => count * 16 + Math.ceil(count / 64) * 16,
  computes: "a multiply-add an element",
  operations: ({ count }) => count * 8,
  queue: ({ unary, result }, device) => clipFactor(device, [unary], 1, { ...result.storage, bytes: 16 }),
});
