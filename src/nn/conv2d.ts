import { ValueError } from "../errors.ts";
import { op } from "../inputs.ts";
import { halfPanels, halfRows, panels, rows } from "../layout.ts";
import { type Names, requireOptions } from "../options.ts";
import { type Pullback, record } from "../tape.ts";
import { emptyLike, type Tensor } from "../tensor.ts";
import { requireChoice, requireFlag } from "../values.ts";
import { biasGradient } from "./biasGradient.ts";
import {
  checkBias,
  checkPixels,
  checkStride,
  checkWeight,
  type Convolution,
  type ConvolutionOptions,
} from "./geometry.ts";
import { algorithmFor } from "./chooseAlgorithm.ts";
import { maskGradient } from "./relu.ts";
import { mapShape, mapSize } from "./mapSize.ts";

export interface Conv2dOptions extends ConvolutionOptions {
  /** Whether max(0, ·) is applied to the result. Default: false. */
  readonly relu?: boolean;
  /**
   * How the result is stored. "half" takes half the memory and rounds every number to half precision; only conv2d and
   * maxPool2d read it, and there are no gradients. Default: "single".
   */
  readonly precision?: "single" | "half";
}

const optionNames: Names<Conv2dOptions> = { bias: true, stride: true, padding: true, relu: true, precision: true };

/**
 * Convolves (cross-correlates) a map [height, width, channels] or [images, height, width, channels] with a weight
 * [outputs, channels, height, width] in layout `panels`, with zeros around the map. The result has ⌊(size + 2·padding −
 * kernel) / stride⌋ + 1 pixels on each axis. Gradients flow to values, weight and bias. In layout `halfPanels` the weight
 * takes half the memory, and there are no gradients; the sums are the same as of the rounded weight in layout `panels`.
 * @throws ShapeError for sizes that do not fit together, ValueError, DisposedError, DeviceError
 * @example const features = conv2d(image, weight, { bias, padding: 1, relu: true });
 */
export function conv2d(values: Tensor, weight: Tensor, options: Conv2dOptions = {}): Tensor {
  requireOptions("conv2d", options, optionNames);
  requireFlag("conv2d", "relu", options.relu);
  requireChoice("conv2d", "precision", options.precision ?? "single", ["single", "half"]);
  return op("conv2d", { values, weight, "bias?": options.bias }, () => convolved(values, weight, options));
}

function convolved(values: Tensor, weight: Tensor, options: Conv2dOptions): Tensor {
  const { bias, relu = false } = options;
  const { device } = values;
  const sizes = sizesOf(values, weight, options);
  const { halves } = sizes.output;
  if (sizes.halves || halves || sizes.input.halves) requireNoTape(values, weight, bias);
  const result = device.empty(mapShape(sizes.output, values), halves ? halfRows : rows);
  const algorithm = algorithmFor(device, sizes);
  const [input, weights] = [values.storage, weight.storage];
  algorithm.convolve(device, sizes, { input, weights, output: result.storage }, { bias: bias?.storage, relu });
  const inputs = bias ? [values, weight, bias] : [values, weight];
  const pullback: Pullback = (gradient, wanted) => {
    if (relu) maskGradient(result, gradient);
    const output = gradient.storage;
    const [ofValues, ofWeight] = [wanted[0] && emptyLike(values), wanted[1] && emptyLike(weight)];
    if (ofWeight) algorithm.weightGradient(device, sizes, { input: values.storage, output, weights: ofWeight.storage });
    if (ofValues) algorithm.convolveBack(device, sizes, { output, weights: weight.storage, input: ofValues.storage });
    return [ofValues || undefined, ofWeight || undefined, wanted[2] ? biasGradient(gradient) : undefined];
  };
  return record(result, inputs, relu ? [values, weight, result] : [values, weight], pullback, { overwrites: relu });
}

/** @throws ValueError where a tape would want gradients of or through what is stored as halves */
function requireNoTape(...inputs: readonly (Tensor | undefined)[]): void {
  if (!inputs.some((input) => input?.tape?.recording)) return;
  throw new ValueError({
    where: "conv2d",
    expected: "no tape, since gradients are not defined for what is stored as halves",
    got: "inputs that a tape watches",
    remedy: "keep the weight in layout panels, and the map and the result in single precision, for training",
  });
}

function sizesOf(
  values: Tensor,
  weight: Tensor,
  { bias, stride = 1, padding = 0, precision }: Conv2dOptions,
): Convolution {
  const where = "conv2d";
  const input = mapSize(where, values);
  checkStride(where, stride, padding);
  checkWeight(where, weight, 1, input.channels, [panels, halfPanels]);
  const [channels, , kernelHeight, kernelWidth] = weight.shape as [number, number, number, number];
  checkBias(where, bias, channels);
  const pixels = (size: number, kernelSize: number): number =>
    Math.max(0, Math.floor((size + 2 * padding - kernelSize) / stride) + 1);
  const output = {
    images: input.images,
    height: pixels(input.height, kernelHeight),
    width: pixels(input.width, kernelWidth),
    channels,
    ...(precision === "half" && { halves: true }),
  };
  checkPixels(where, output, input);
  return { input, output, kernelHeight, kernelWidth, stride, padding, halves: weight.layout.name === halfPanels.name };
}
