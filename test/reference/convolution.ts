import type { Convolution } from "../../src/nn/geometry.ts";

/** Values of a map or weight, dense and row-major, in float64. */
export type Values = ArrayLike<number>;

/**
 * Calls `visit` for every product of a convolution with the dense positions of its output, input and weight: the
 * definition, from which forward and all gradients follow.
 */
export function eachProduct(
  { input, output, kernelHeight, kernelWidth, stride, padding }: Convolution,
  visit: (output: number, input: number, weight: number) => void,
): void {
  for (let image = 0; image < output.images; image++) {
    for (let y = 0; y < output.height; y++) {
      for (let x = 0; x < output.width; x++) {
        for (let ty = 0; ty < kernelHeight; ty++) {
          for (let tx = 0; tx < kernelWidth; tx++) {
            const [row, column] = [y * stride + ty - padding, x * stride + tx - padding];
            if (row < 0 || column < 0 || row >= input.height || column >= input.width) continue;
            const to = ((image * output.height + y) * output.width + x) * output.channels;
            const from = ((image * input.height + row) * input.width + column) * input.channels;
            for (let o = 0; o < output.channels; o++) {
              for (let i = 0; i < input.channels; i++) {
                const weight = ((o * input.channels + i) * kernelHeight + ty) * kernelWidth + tx;
                visit(to + o, from + i, weight);
              }
            }
          }
        }
      }
    }
  }
}

export const elements = ({ images, height, width, channels }: Convolution["input"]): number =>
  images * height * width * channels;

/** Σ of products into a new array: each of the three maps of a convolution is bilinear in the two others. */
export function convolved(sizes: Convolution, values: Values, weights: Values): Float64Array {
  const result = new Float64Array(elements(sizes.output));
  eachProduct(sizes, (to, from, weight) => (result[to]! += values[from]! * weights[weight]!));
  return result;
}

export function convolvedBack(sizes: Convolution, gradient: Values, weights: Values): Float64Array {
  const result = new Float64Array(elements(sizes.input));
  eachProduct(sizes, (to, from, weight) => (result[from]! += gradient[to]! * weights[weight]!));
  return result;
}

export function weightGradient(sizes: Convolution, values: Values, gradient: Values): Float64Array {
  const { input, output, kernelHeight, kernelWidth } = sizes;
  const result = new Float64Array(output.channels * input.channels * kernelHeight * kernelWidth);
  eachProduct(sizes, (to, from, weight) => (result[weight]! += gradient[to]! * values[from]!));
  return result;
}

export const absolute = (values: Values): Float64Array => Float64Array.from(values, Math.abs);

/** Σ over rows, for each channel. */
export function columnSums(values: Values, channels: number): Float64Array {
  const result = new Float64Array(channels);
  for (let i = 0; i < values.length; i++) result[i % channels]! += values[i]!;
  return result;
}
