import { winogradInput as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";
import { trainLayer, usualLayer } from "./layer.ts";

export const winogradInput = floor({
  kernel,
  moves: "four pixels a tile once, and its sixteen elements",
  bytes: ({ tiles, quads, halves }) => tiles * quads * (4 / (1 + halves) + 16) * 16,
  computes: "32 sums a tile and channel",
  operations: ({ tiles, quads }) => tiles * quads * 4 * 32,
  queue: (_, device) => trainLayer(device, usualLayer),
});
