import { op } from "../inputs.ts";
import { type Names, requireOptions } from "../options.ts";
import { record } from "../tape.ts";
import { emptyLike, type Tensor } from "../tensor.ts";
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
import { mapShape, mapSize } from "./mapSize.ts";

const optionNames: Names<ConvolutionOptions> = { bias: true, stride: true, padding: true };

/**
 * Transposed convolution: the input gradient of `conv2d`, run forward. `values` is a map [height, width, channels] or
 * [images, height, width, channels] and `weight` is [channels, outputs, height, width] in layout `panels`, as in
 * PyTorch's ConvTranspose2d. The result has (size − 1)·stride + kernel − 2·padding pixels on each axis. Gradients flow
 * to values, weight and bias.
 * @throws ShapeError for sizes that do not fit together, ValueError, DisposedError, DeviceError
 * @example const doubled = convTranspose2d(scores, weight, { stride: 2 });
 */
export function convTranspose2d(values: Tensor, weight: Tensor, options: ConvolutionOptions = {}): Tensor {
  requireOptions("convTranspose2d", options, optionNames);
  return op("convTranspose2d", { values, weight, "bias?": options.bias }, () => convolved(values, weight, options));
}

function convolved(values: Tensor, weight: Tensor, options: ConvolutionOptions): Tensor {
  const { bias } = options;
  const { device } = values;
  const sizes = sizesOf(values, weight, options);
  const result = device.empty(mapShape(sizes.input, values));
  const algorithm = algorithmFor(device, sizes);
  const [output, weights] = [values.storage, weight.storage];
  algorithm.convolveBack(device, sizes, { output, weights, input: result.storage }, { bias: bias?.storage });
  return record(result, bias ? [values, weight, bias] : [values, weight], [values, weight], (gradient, wanted) => {
    const [ofValues, ofWeight] = [wanted[0] && emptyLike(values), wanted[1] && emptyLike(weight)];
    const input = gradient.storage;
    if (ofWeight) algorithm.weightGradient(device, sizes, { input, output: values.storage, weights: ofWeight.storage });
    if (ofValues) algorithm.convolve(device, sizes, { input, weights: weight.storage, output: ofValues.storage });
    return [ofValues || undefined, ofWeight || undefined, wanted[2] ? biasGradient(gradient) : undefined];
  });
}

/** Returns the sizes of the convolution that goes from the result's map to the map of `values`. */
function sizesOf(values: Tensor, weight: Tensor, { bias, stride = 1, padding = 0 }: ConvolutionOptions): Convolution {
  const where = "convTranspose2d";
  const output = mapSize(where, values);
  checkStride(where, stride, padding);
  checkWeight(where, weight, 0, output.channels);
  const [, channels, kernelHeight, kernelWidth] = weight.shape as [number, number, number, number];
  checkBias(where, bias, channels);
  const input = {
    images: output.images,
    height: Math.max(0, (output.height - 1) * stride + kernelHeight - 2 * padding),
    width: Math.max(0, (output.width - 1) * stride + kernelWidth - 2 * padding),
    channels,
  };
  checkPixels(where, input, output);
  return { input, output, kernelHeight, kernelWidth, stride, padding };
}
