import { panels } from "../../src/layout.ts";
import { conv2d } from "../../src/nn/conv2d.ts";
import { Tape } from "../../src/tape.ts";
import type { Composite, Prepared } from "../composites.ts";
import type { Workload } from "../workload.ts";
import { waves } from "./layer.ts";

/** A convolution of FCN-8s for an image of 256 by 256, with its channels at full width. */
interface Layer {
  readonly name: string;
  /** Pixels of a side of the map. */
  readonly size: number;
  readonly channels: number;
  readonly outputs: number;
  readonly kernel: number;
  readonly padding: number;
}

const square = (name: string, size: number, channels: number, outputs: number): Layer => ({
  ...{ name, size, channels, outputs },
  ...{ kernel: 3, padding: 1 },
});

const layers: readonly Layer[] = [
  { ...square("conv1_1", 256, 3, 64), padding: 100 },
  square("conv1_2", 454, 64, 64),
  square("conv2_1", 227, 64, 128),
  square("conv2_2", 227, 128, 128),
  square("conv3_1", 114, 128, 256),
  square("conv3_2", 114, 256, 256),
  square("conv4_1", 57, 256, 512),
  square("conv4_2", 57, 512, 512),
  square("conv5_1", 29, 512, 512),
  { name: "fc6", size: 15, channels: 512, outputs: 4096, kernel: 7, padding: 0 },
  { name: "fc7", size: 9, channels: 4096, outputs: 4096, kernel: 1, padding: 0 },
];

/** At a quarter of the width: that of the training step that is compared with other libraries. */
const narrow = (layer: Layer): Layer => ({
  ...layer,
  channels: layer.channels === 3 ? 3 : layer.channels / 4,
  outputs: layer.outputs / 4,
});

/** Each layer forward at full width, and with its gradients at a quarter of it. */
export const layerComposites: readonly Composite[] = [
  ...layers.map((layer) => ({ name: `conv2d ${layer.name}`, prepare: (on: Workload) => forward(on, layer) })),
  ...layers.map((layer) => ({
    name: `conv2d ${layer.name}, forward and backward, quarter width`,
    prepare: (on: Workload) => gradients(on, narrow(layer)),
  })),
];

const resultSize = ({ size, kernel, padding }: Layer): number => size + 2 * padding - kernel + 1;

/** Multiplications and additions of the definition; minimal filtering does with fewer, and so may beat the ceiling. */
const operations = (layer: Layer): number =>
  2 * resultSize(layer) ** 2 * layer.kernel ** 2 * layer.channels * layer.outputs;

async function forward({ device }: Workload, layer: Layer): Promise<Prepared> {
  const { size, channels, outputs, kernel, padding } = layer;
  const values = device.tensor([size, size, channels], waves(size * size * channels));
  const shape = [outputs, channels, kernel, kernel];
  const weight = device.tensor(shape, waves(outputs * channels * kernel ** 2), panels);
  return {
    run: async () => conv2d(values, weight, { padding, relu: true }).dispose(),
    bytesInPlay: values.storage.bytes + weight.storage.bytes + resultSize(layer) ** 2 * outputs * 4,
    operations: operations(layer),
    dispose() {
      values.dispose();
      weight.dispose();
    },
  };
}

/** Of weight and values, but no values where these are the image. */
async function gradients({ device }: Workload, layer: Layer): Promise<Prepared> {
  const { size, channels, outputs, kernel, padding } = layer;
  const values = device.tensor([size, size, channels], waves(size * size * channels));
  const shape = [outputs, channels, kernel, kernel];
  const weight = device.tensor(shape, waves(outputs * channels * kernel ** 2), panels);
  const side = resultSize(layer);
  const seed = device.tensor([side, side, outputs], waves(side * side * outputs));
  const watched = channels === 3 ? [weight] : [values, weight];
  return {
    async run() {
      using tape = new Tape(watched);
      using result = conv2d(values, weight, { padding, relu: true });
      for (const gradient of (await tape.gradients(result, seed)).values()) gradient.dispose();
    },
    bytesInPlay: 2 * (values.storage.bytes + weight.storage.bytes + seed.storage.bytes),
    operations: (1 + watched.length) * operations(layer),
    dispose() {
      for (const tensor of [values, weight, seed]) tensor.dispose();
    },
  };
}
