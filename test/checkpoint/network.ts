import type { Checkpoint, StoredTensor } from "../../src/checkpoint/checkpoint.ts";
import { check } from "../suite.ts";

// The reduced network whose files make_fixtures.py writes; both compute the same numbers from the tensors' names.

const widths = [2, 3, 4, 4, 5];
const dense = 6;
const classes = 3;

/** float32 in [-0.5, 0.5) from 24 bits of a hash of name and index, as make_fixtures.py has them. */
export function value(name: string, count: number): Float32Array {
  let seed = 2166136261;
  for (const byte of new TextEncoder().encode(name)) seed = Math.imul(seed ^ byte, 16777619) >>> 0;
  return Float32Array.from({ length: count }, (_, i) => ((seed + Math.imul(i, 2654435761)) >>> 8) / 2 ** 24 - 0.5);
}

/** Shapes (output, input, height, width) by name; transposed convolutions (input, output, height, width). */
export type Shapes = Record<string, readonly number[]>;

function trunk(depths: readonly number[]): Shapes {
  const shapes: Shapes = {};
  let inputs = 3;
  const add = (layer: string, outputs: number, kernel: number) => {
    shapes[`${layer}.weight`] = [outputs, inputs, kernel, kernel];
    shapes[`${layer}.bias`] = [outputs];
    inputs = outputs;
  };
  depths.forEach((depth, block) => {
    for (let i = 1; i <= depth; i++) add(`conv${block + 1}_${i}`, widths[block]!, 3);
  });
  add("fc6", dense, 7);
  add("fc7", dense, 1);
  return shapes;
}

export const vgg16 = trunk([2, 2, 3, 3, 3]);
export const vgg19 = trunk([2, 2, 4, 4, 4]);
export const crfRnn: Shapes = {
  ...vgg16,
  "score_fr.weight": [classes, dense, 1, 1],
  "score_fr.bias": [classes],
  "upscore2.weight": [classes, classes, 4, 4],
  "upscore2.bias": [classes],
  "score_pool4.weight": [classes, widths[3]!, 1, 1],
  "score_pool4.bias": [classes],
  "upscore_pool4.weight": [classes, classes, 4, 4],
  "score_pool3.weight": [classes, widths[2]!, 1, 1],
  "score_pool3.bias": [classes],
  "upscore8.weight": [classes, classes, 16, 16],
  spatialWeight: [classes, classes],
  bilateralWeight: [classes, classes],
  compatibility: [classes, classes],
};

/** The files of test/fixtures/checkpoint. */
export const fixtureNames = [
  "crfrnn.pth",
  "crfrnn.legacy.pth",
  "trainer.pth",
  "vgg16.torchvision.pth",
  "kinds.pth",
  "kinds.legacy.pth",
  "crfrnn.h5",
  "crfrnn.model.h5",
  "vgg16.h5",
  "vgg19.h5",
  "latest.h5",
  "crfrnn.v1.caffemodel",
  "vgg19.caffemodel",
  "fcn8s.caffemodel",
  "unpacked.caffemodel",
  "double.caffemodel",
  "half.caffemodel",
] as const;

export type FixtureName = (typeof fixtureNames)[number];

/** A tensor that is not in a file. */
export function tensorOf(shape: readonly number[], data: Float32Array): StoredTensor {
  return { shape, type: "float32", read: async () => data.slice() };
}

/** A whole network, as a reader would give it. */
export function networkOf(shapes: Shapes): Checkpoint {
  const entries = Object.entries(shapes);
  const tensors = entries.map(([name, shape]) => [name, tensorOf(shape, value(name, count(shape)))] as const);
  return { format: "safetensors", tensors: new Map(tensors), metadata: {}, notes: [] };
}

/** Fails unless the checkpoint is the network of these shapes and nothing else, bit for bit. */
export async function checkNetwork(checkpoint: Checkpoint, shapes: Shapes): Promise<void> {
  const names = [...checkpoint.tensors.keys()].sort();
  check(`${names}` === `${Object.keys(shapes).sort()}`, `other names: ${names}`);
  for (const [name, shape] of Object.entries(shapes)) {
    const tensor = checkpoint.tensors.get(name)!;
    check(tensor.type === "float32", `${name} is ${tensor.type}`);
    check(`${tensor.shape}` === `${shape}`, `${name} is [${tensor.shape}]`);
    const data = await tensor.read();
    const expected = value(name, count(shape));
    check(data.length === expected.length, `${name} has ${data.length} numbers`);
    const wanted = bits(expected);
    check(
      bits(data).every((number, i) => number === wanted[i]),
      `${name} has other numbers`,
    );
  }
}

function count(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** The bits of float32 numbers, so that zeros of both signs and NaNs are told apart. */
function bits(data: ArrayBufferView): Uint32Array {
  return new Uint32Array(data.buffer, data.byteOffset, data.byteLength / 4);
}
