import { sgd as kernel } from "../../build/kernels.ts";
import { sgd as descend } from "../../src/optim/sgd.ts";
import { floor } from "../floor.ts";

export const sgd = floor({
  kernel,
  moves: "gradient once, velocity and parameter in and out",
  bytes: ({ count }) => count * 80,
  computes: "factor, decay, momentum and rate: seven an element",
  operations: ({ count }) => count * 28,
  queue: ({ result, unary }) => {
    using step = descend({ result }, { rate: 1e-3, momentum: 0.9, decay: 5e-4 });
    step(new Map([[result, unary]]));
  },
});
