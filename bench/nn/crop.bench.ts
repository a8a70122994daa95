import { crop as kernel } from "../../build/kernels.ts";
import { crop as cut } from "../../src/nn/crop.ts";
import { floor } from "../floor.ts";

export const crop = floor({
  kernel,
  moves: "the window in values and result once",
  bytes: ({ rows, width, quads }) => rows * width * quads * 32,
  computes: "nothing",
  operations: () => 0,
  queue: ({ unary, scene }) => cut(unary, { y: 5, x: 5, height: scene.height - 10, width: scene.width - 10 }).dispose(),
});
