import { convolutionTranspose as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";
import { directLayer, trainLayer } from "./layer.ts";

export const convolutionTranspose = floor({
  kernel,
  moves: "weights and result once",
  bytes: ({ weights, result }) => weights.bytes + result.bytes,
  computes: "nothing",
  operations: () => 0,
  queue: (_, device) => trainLayer(device, directLayer),
});
