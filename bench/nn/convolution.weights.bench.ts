import { convolutionWeights as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";
import { directLayer, trainLayer } from "./layer.ts";

export const convolutionWeights = floor({
  kernel,
  moves: "values and gradient once, and the result, which is added to, twice",
  bytes: ({ values, gradient, result, accumulate }) => values.bytes + gradient.bytes + (accumulate + 1) * result.bytes,
  computes: "a multiply-add a pixel, output, input and tap",
  operations: ({ panels, taps, quads, rows, columns }) => panels * 8 * taps * quads * 4 * rows * columns * 2,
  queue: (_, device) => trainLayer(device, directLayer),
});
