import { convolution as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";
import { directLayer, trainLayer } from "./layer.ts";

export const convolution = floor({
  kernel,
  moves: "values, weights, bias and result once",
  bytes: ({ values, weights, result }) => values.bytes + weights.bytes + result.bytes,
  computes: "a multiply-add a pixel, output, input and tap",
  operations: (args) => kernel.operations!(args),
  queue: (_, device) => trainLayer(device, directLayer),
});
