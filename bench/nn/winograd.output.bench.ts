import { winogradOutput as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";
import { trainLayer, usualLayer } from "./layer.ts";

export const winogradOutput = floor({
  kernel,
  moves: "a tile's sixteen elements and its four pixels once",
  bytes: ({ tiles, quads }) => tiles * quads * (16 + 4) * 16,
  computes: "24 sums a tile and channel",
  operations: ({ tiles, quads }) => tiles * quads * 4 * 24,
  queue: (_, device) => trainLayer(device, usualLayer),
});
