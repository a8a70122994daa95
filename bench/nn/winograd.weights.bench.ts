import { winogradWeights as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";
import { trainLayer, usualLayer } from "./layer.ts";

export const winogradWeights = floor({
  kernel,
  moves: "weights and result once",
  bytes: ({ weights, result }) => weights.bytes + result.bytes,
  computes: "five sums and products a column of three, seven columns",
  operations: ({ panels, inputs }) => panels * inputs * 8 * 35,
  queue: (_, device) => trainLayer(device, usualLayer),
});
