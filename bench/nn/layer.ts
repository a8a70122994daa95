import type { Device } from "../../src/device/device.ts";
import { panels } from "../../src/layout.ts";
import { conv2d, type Conv2dOptions } from "../../src/nn/conv2d.ts";
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

/** Numbers of both signs: the time of no kernel depends on them. */
export const waves = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => Math.sin(i));
