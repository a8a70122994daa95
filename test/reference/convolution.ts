import type { Convolution } from "../../src/nn/geometry.ts";

/** Values of a map or weight, dense and row-major, in float64. */
export type Values = ArrayLike<number>;

/**
 * Calls `visit` for every pixel of the output and every tap of the window that lies on a pixel of the input, with the places of
 * their first channels. Each product of a convolution is one of an output and an input channel of these.
 */
function eachTap(
  { input, output, kernelHeight, kernelWidth, stride, padding }: Convolution,
  visit: (output: number, input: number, tap: number) => void,
): void {
  for (let image = 0; image < output.images; image++) {
    for (let y = 0; y < output.height; y++) {
      for (let x = 0; x < output.width; x++) {
        const to = ((image * output.height + y) * output.width + x) * output.channels;
        for (let ty = 0; ty < kernelHeight; ty++) {
          for (let tx = 0; tx < kernelWidth; tx++) {
            const row = y * stride + ty - padding;
            const column = x * stride + tx - padding;
            if (row < 0 || column < 0 || row >= input.height || column >= input.width) continue;
            const from = ((image * input.height + row) * input.width + column) * input.channels;
            visit(to, from, ty * kernelWidth + tx);
          }
        }
      }
    }
  }
}

export const elements = ({ images, height, width, channels }: Convolution["input"]): number =>
  images * height * width * channels;

/** The number of output and of input channels, and of taps in the weight of each pair of them. */
const extents = ({ input, output, kernelHeight, kernelWidth }: Convolution): readonly [number, number, number] => [
  output.channels,
  input.channels,
  kernelHeight * kernelWidth,
];

/** Σ of products into a new array: each of the three maps of a convolution is bilinear in the two others. */
export function convolved(sizes: Convolution, values: Values, weights: Values): Float64Array {
  const [outputs, inputs, taps] = extents(sizes);
  const result = new Float64Array(elements(sizes.output));
  eachTap(sizes, (to, from, tap) => {
    for (let o = 0; o < outputs; o++) {
      for (let i = 0; i < inputs; i++) result[to + o]! += values[from + i]! * weights[(o * inputs + i) * taps + tap]!;
    }
  });
  return result;
}

export function convolvedBack(sizes: Convolution, gradient: Values, weights: Values): Float64Array {
  const [outputs, inputs, taps] = extents(sizes);
  const result = new Float64Array(elements(sizes.input));
  eachTap(sizes, (to, from, tap) => {
    for (let o = 0; o < outputs; o++) {
      for (let i = 0; i < inputs; i++) result[from + i]! += gradient[to + o]! * weights[(o * inputs + i) * taps + tap]!;
    }
  });
  return result;
}

export function weightGradient(sizes: Convolution, values: Values, gradient: Values): Float64Array {
  const [outputs, inputs, taps] = extents(sizes);
  const result = new Float64Array(outputs * inputs * taps);
  eachTap(sizes, (to, from, tap) => {
    for (let o = 0; o < outputs; o++) {
      for (let i = 0; i < inputs; i++) result[(o * inputs + i) * taps + tap]! += gradient[to + o]! * values[from + i]!;
    }
  });
  return result;
}

export const absolute = (values: Values): Float64Array => Float64Array.from(values, Math.abs);

/** Σ over rows, for each channel. */
export function columnSums(values: Values, channels: number): Float64Array {
  const result = new Float64Array(channels);
  for (let i = 0; i < values.length; i++) result[i % channels]! += values[i]!;
  return result;
}
