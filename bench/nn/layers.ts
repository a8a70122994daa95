import { panels } from "../../src/layout.ts";
import { conv2d } from "../../src/nn/conv2d.ts";
import { elementsOf } from "../../src/shape.ts";
import { Tape } from "../../src/tape.ts";
import type { Tensor } from "../../src/tensor.ts";
import type { Composite, Prepared } from "../composite.ts";
import type { Workload } from "../workload.ts";
import { waves } from "./layer.ts";

/** A convolution of FCN-8s, with its channels at full width. */
interface FcnLayer {
  readonly name: string;
  /** Pixels of the image for one of the map, on each axis. */
  readonly scale: number;
  readonly channels: number;
  readonly outputs: number;
  readonly kernel: number;
}

const layers: readonly FcnLayer[] = [
  { name: "conv1_1", scale: 1, channels: 3, outputs: 64, kernel: 3 },
  { name: "conv1_2", scale: 1, channels: 64, outputs: 64, kernel: 3 },
  { name: "conv2_2", scale: 2, channels: 128, outputs: 128, kernel: 3 },
  { name: "conv3_2", scale: 4, channels: 256, outputs: 256, kernel: 3 },
  { name: "conv4_2", scale: 8, channels: 512, outputs: 512, kernel: 3 },
  { name: "conv5_1", scale: 16, channels: 512, outputs: 512, kernel: 3 },
  { name: "fc6", scale: 32, channels: 512, outputs: 4096, kernel: 7 },
  { name: "fc7", scale: 32, channels: 4096, outputs: 4096, kernel: 1 },
];

/** At a quarter of the width: that of the training step that is compared with other libraries. */
const narrow = (layer: FcnLayer): FcnLayer => ({
  ...layer,
  channels: layer.channels === 3 ? 3 : layer.channels / 4,
  outputs: layer.outputs / 4,
});

/**
 * Convolutions forward at full width, and all with their gradients at a quarter of it, for the scene without FCN's padding:
 * the usual photograph has maps of as many pixels as an image of 256 by 256 has with it.
 */
export const layerComposites: readonly Composite[] = [
  ...layers
    .filter(({ kernel }) => kernel === 3)
    .map((layer) => ({ name: `conv2d ${layer.name}`, prepare: (on: Workload) => forward(on, layer) })),
  ...layers.map((layer) => ({
    name: `conv2d ${layer.name}, forward and backward, quarter width`,
    prepare: (on: Workload) => forwardAndBackward(on, narrow(layer)),
  })),
];

interface Made {
  readonly values: Tensor;
  readonly weight: Tensor;
  /** The padding of the values on each side. fc6 has none, because FCN's padding has enlarged its map by then. */
  readonly padding: number;
  /** [height, width, outputs] of the result */
  readonly shape: readonly number[];
  /** The operations of the definition. Minimal filtering needs fewer and may therefore exceed the ceiling. */
  readonly operations: number;
}

function make({ device, scene }: Workload, { scale, channels, outputs, kernel }: FcnLayer): Made {
  const padding = kernel === 3 ? 1 : 0;
  const border = kernel - 1 - 2 * padding;
  const [height, width] = [Math.ceil(scene.height / scale), Math.ceil(scene.width / scale)];
  const map = [height + border, width + border, channels];
  return {
    values: device.tensor(map, waves(elementsOf(map))),
    weight: device.tensor([outputs, channels, kernel, kernel], waves(outputs * channels * kernel ** 2), panels),
    padding,
    shape: [height, width, outputs],
    operations: 2 * height * width * kernel ** 2 * channels * outputs,
  };
}

async function forward(workload: Workload, layer: FcnLayer): Promise<Prepared> {
  const { values, weight, padding, shape, operations } = make(workload, layer);
  return {
    run: async () => conv2d(values, weight, { padding, relu: true }).dispose(),
    bytesInPlay: values.storage.bytes + weight.storage.bytes + elementsOf(shape) * 4,
    operations,
    dispose() {
      values.dispose();
      weight.dispose();
    },
  };
}

/** The gradient of the values is left out where the values are the image. */
async function forwardAndBackward(workload: Workload, layer: FcnLayer): Promise<Prepared> {
  const { values, weight, padding, shape, operations } = make(workload, layer);
  const seed = workload.device.tensor(shape, waves(elementsOf(shape)));
  const watched = layer.channels === 3 ? [weight] : [values, weight];
  return {
    async run() {
      using tape = new Tape(watched);
      using result = conv2d(values, weight, { padding, relu: true });
      for (const gradient of (await tape.gradients(result, seed)).values()) gradient.dispose();
    },
    bytesInPlay: 2 * (values.storage.bytes + weight.storage.bytes + seed.storage.bytes),
    operations: (1 + watched.length) * operations,
    dispose() {
      for (const tensor of [values, weight, seed]) tensor.dispose();
    },
  };
}
