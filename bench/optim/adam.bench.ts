import { adam as kernel } from "../../build/kernels.ts";
import { adam as descend } from "../../src/optim/adam.ts";
import { floor } from "../floor.ts";

export const adam = floor({
  kernel,
  moves: "gradient once, mean, square and parameter in and out",
  bytes: ({ count }) => count * 112,
  computes: "two running means, a root and a quotient: sixteen an element",
  operations: ({ count }) => count * 64,
  queue: ({ result, unary }) => {
    using step = descend({ result }, { rate: 1e-3 });
    step(new Map([[result, unary]]));
  },
});
