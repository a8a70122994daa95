import { convolutionPack as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";
import { direct } from "../../src/nn/convolution.ts";
import { directLayer, runLayer } from "./layer.ts";

export const convolutionPack = floor({
  kernel,
  moves: "the pixels of the window and their copies once",
  bytes: ({ rows, columns, panels, panelQuads }) => rows * columns * panels * panelQuads * 32,
  computes: "nothing",
  operations: () => 0,
  queue: (_, device) => runLayer(device, directLayer, direct),
});
