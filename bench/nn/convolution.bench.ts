import { convolution as kernel } from "../../build/kernels.ts";
import { padded } from "../../src/shape.ts";
import { floor } from "../floor.ts";
import { directLayer, trainLayer } from "./layer.ts";

export const convolution = floor({
  kernel,
  moves: "values, weights, bias and result once",
  bytes: ({ values, weights, result }) => values.bytes + weights.bytes + result.bytes,
  computes: "a multiply-add a pixel, output, input and tap",
  operations: ({ images, resultHeight, resultWidth, inputDilation, panels, kernelHeight, kernelWidth, channels }) =>
    (images * resultHeight * resultWidth * panels * 8 * kernelHeight * kernelWidth * padded(channels) * 2) /
    inputDilation ** 2,
  queue: (_, device) => trainLayer(device, directLayer),
});
