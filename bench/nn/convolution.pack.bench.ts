import { convolutionPack as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";
import { directLayer, trainLayer } from "./layer.ts";

export const convolutionPack = floor({
  kernel,
  moves: "the pixels of the window and their copies once",
  bytes: ({ rows, columns, panels, panelQuads }) => rows * columns * panels * panelQuads * 32,
  computes: "nothing",
  operations: () => 0,
  queue: (_, device) => trainLayer(device, directLayer),
});
