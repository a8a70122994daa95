import { conv2dMask as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";
import { trainLayer, usualLayer } from "./layer.ts";

export const conv2dMask = floor({
  kernel,
  moves: "gradient, output and result once",
  bytes: ({ count }) => count * 48,
  computes: "a comparison an element",
  operations: ({ count }) => count * 4,
  queue: (_, device) => trainLayer(device, usualLayer),
});
