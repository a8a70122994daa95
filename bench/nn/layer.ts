import type { Device } from "../../src/device/device.ts";
import { halfPanels, panels } from "../../src/layout.ts";
import type { Algorithm } from "../../src/nn/algorithm.ts";
import { conv2d, type Conv2dOptions } from "../../src/nn/conv2d.ts";
import { maxPool2d } from "../../src/nn/maxPool2d.ts";
import { Tape } from "../../src/tape.ts";

/** A convolution of a map [height, width, channels] by a weight [outputs, channels, height, width]. */
export interface Layer {
  readonly map: readonly [number, number, number];
  readonly weight: readonly [number, number, number, number];
  readonly options?: Conv2dOptions;
}

/** conv3_2 of FCN-8s at half its width, for an image of 256 by 256. */
export const usualLayer: Layer = {
  map: [114, 114, 128],
  weight: [128, 128, 3, 3],
  options: { padding: 1, relu: true },
};

/** The same with a kernel of 5 by 5, which has no short cut. */
export const directLayer: Layer = {
  map: [57, 57, 128],
  weight: [128, 128, 5, 5],
  options: { padding: 2, relu: true },
};

/** A layer forward and backward. */
export async function trainLayer(device: Device, { map, weight, options }: Layer): Promise<void> {
  using scope = device.scope();
  const values = scope.tensor(map, waves(map[0] * map[1] * map[2]));
  const weights = scope.tensor(weight, waves(weight.reduce((product, size) => product * size)), panels);
  using tape = new Tape([values, weights]);
  const result = conv2d(values, weights, options);
  const gradients = await tape.gradients(result, scope.tensor(result.shape, waves(result.rows * result.channels)));
  for (const gradient of gradients.values()) gradient.dispose();
}

/** A layer forward, from weights and to a result that are stored as halves, and pooled. */
export function halfLayer(device: Device, { map, weight, options }: Layer = usualLayer): void {
  using scope = device.scope();
  const values = scope.tensor(map, waves(map[0] * map[1] * map[2]));
  const weights = scope.tensor(weight, waves(weight.reduce((product, size) => product * size)), halfPanels);
  maxPool2d(conv2d(values, weights, { ...options, precision: "half" }));
}

/** Few pixels, and sums of many terms: fc6 of FCN-8s at a sixteenth of its width, for an image of 256 by 256. */
export const longLayer: Layer = { map: [15, 15, 32], weight: [256, 32, 7, 7] };

/** Many pixels, and few channels: conv1_1 of FCN-8s, for an image of 56 by 56. */
export const blockLayer: Layer = { map: [56, 56, 3], weight: [64, 3, 3, 3], options: { padding: 1 } };

/** A convolution and both its gradients by one algorithm, whichever a device would choose. */
export function runLayer(device: Device, { map, weight, options }: Layer, algorithm: Algorithm): void {
  using scope = device.scope();
  const [height, width, channels] = map;
  const [outputs, , kernelHeight, kernelWidth] = weight;
  const { padding = 0 } = options ?? {};
  const rows = height + 2 * padding - kernelHeight + 1;
  const columns = width + 2 * padding - kernelWidth + 1;
  const input = scope.tensor(map, waves(height * width * channels)).storage;
  const output = scope.tensor([rows, columns, outputs], waves(rows * columns * outputs)).storage;
  const weights = scope.tensor(weight, waves(outputs * channels * kernelHeight * kernelWidth), panels).storage;
  const sizes = {
    input: { images: 1, height, width, channels },
    output: { images: 1, height: rows, width: columns, channels: outputs },
    ...{ kernelHeight, kernelWidth, stride: 1, padding },
  };
  algorithm.convolve(device, sizes, { input, weights, output });
  algorithm.convolveBack(device, sizes, { input, weights, output });
  algorithm.weightGradient(device, sizes, { input, weights, output });
}

/** The numbers of `waves` that are computed. All others repeat them: millions of sines took longer than the layers that they are for. */
const period = 4096;

/** Numbers of both signs: the time of no kernel depends on them. */
export function waves(length: number): Float32Array {
  const values = new Float32Array(length);
  for (let i = 0; i < Math.min(period, length); i++) values[i] = Math.sin(i);
  for (let done = period; done < length; done *= 2) values.copyWithin(done, 0, done);
  return values;
}
