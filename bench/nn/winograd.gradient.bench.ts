import { winogradGradient as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";
import { trainLayer, usualLayer } from "./layer.ts";

export const winogradGradient = floor({
  kernel,
  moves: "four pixels a tile and its sixteen elements once",
  bytes: ({ tiles, panels }) => tiles * panels * 2 * (4 + 16) * 16,
  computes: "twelve sums a tile and channel",
  operations: ({ tiles, panels }) => tiles * panels * 8 * 12,
  queue: (_, device) => trainLayer(device, usualLayer),
});
