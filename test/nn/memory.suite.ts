/** Which tables are in use while each kernel of an op runs, to the byte: scratch memory is what it needs, and given back. */
import type { Device } from "../../src/device/device.ts";
import { panels } from "../../src/layout.ts";
import { add } from "../../src/nn/add.ts";
import { concat } from "../../src/nn/concat.ts";
import { conv2d } from "../../src/nn/conv2d.ts";
import { convTranspose2d } from "../../src/nn/convTranspose2d.ts";
import { crop } from "../../src/nn/crop.ts";
import { crossEntropy } from "../../src/nn/crossEntropy.ts";
import { dice } from "../../src/nn/dice.ts";
import { dropout } from "../../src/nn/dropout.ts";
import { logitsOf } from "../../src/nn/logits.ts";
import { maxPool2d } from "../../src/nn/maxPool2d.ts";
import { mean } from "../../src/nn/mean.ts";
import { multiply } from "../../src/nn/multiply.ts";
import { permute } from "../../src/nn/permute.ts";
import { relu } from "../../src/nn/relu.ts";
import { tanh } from "../../src/nn/tanh.ts";
import { resize } from "../../src/nn/resize.ts";
import { scale } from "../../src/nn/scale.ts";
import { elementsOf } from "../../src/shape.ts";
import type { Scope } from "../../src/scope.ts";
import { Tape } from "../../src/tape.ts";
import type { Tensor } from "../../src/tensor.ts";
import { checkMemory, memoryOf } from "../memory.ts";
import { type Case, check, random, same } from "../suite.ts";

type Step = readonly [kernel: string, tables: readonly number[]];

/** An op, and the tables in use while its kernels run, forward and backward. */
interface Op {
  /** The shapes of its inputs: maps, weights in layout panels after the first, and biases. */
  readonly inputs: readonly (readonly number[])[];
  run(inputs: readonly Tensor[], scope: Scope): Tensor;
  readonly forward: readonly Step[];
  readonly backward: readonly Step[];
  /** Which inputs its gradients are computed from. */
  readonly keeps: readonly number[];
  /** Whether they are computed from its result, too. */
  readonly keepsResult?: boolean;
  /** The kernels that compute the gradient of one input alone, where there are several. */
  readonly alone?: readonly (readonly string[])[];
  /** What is different on WebGPU. */
  readonly webgpu?: Partial<Pick<Op, "backward" | "alone">>;
}

/** An op as it is on a device. */
const onDevice = ({ kind }: Device, op: Op): Op => (kind === "webgpu" ? { ...op, ...op.webgpu } : op);

/** 198 pixels of 5 channels in two quads. */
const map = [2, 9, 11, 5];
const bytes = 198 * 2 * 16;
/** A number for each of five classes. */
const weights = 2 * 16;
const half = 2 * 5 * 6 * 2 * 16;

/** Of minimal filtering from 9 channels, in 12, to 10, in two panels: weights, and input and products of 60 tiles. */
const filtering = { weights: 16 * 2 * 12 * 32, patches: 16 * 12 * 60 * 4, products: 16 * 2 * 60 * 32 };
const tiles = [filtering.weights, filtering.patches, filtering.products];
/** A map of 9 channels, and one of 10, and weights from one to the other: both have three quads and two panels. */
const nine = 198 * 3 * 16;
const [threeByThree, fiveByFive] = [9, 25].map((taps) => 2 * taps * 12 * 32) as [number, number];
/** The result of 5 × 5 taps and padding 1. */
const smaller = 2 * 7 * 9 * 3 * 16;
/** All rows that 7 rows of the result are made of, in panels of a quad; and these 7 rows, in panels of two. */
const packed = [3 * 11 * 13 * 16, 2 * 7 * 9 * 32];
/** On WebGPU the 126 pixels of both images at once, up to a multiple of four: patches of 25 taps, and the gradient. */
const patches = [25 * 3 * 128 * 16, 2 * 128 * 32];
/** The same of a transposed convolution from 5 channels to 7, 4 × 4 taps, stride 2. */
const [larger, fourByFour] = [2 * 20 * 24 * 2 * 16, 16 * 8 * 32];
const packedBack = [2 * 20 * 24 * 16, 9 * 11 * 32];
const patchesBack = [16 * 2 * 200 * 16, 200 * 32];
/** How the weights' gradient is summed on WebGPU. */
const byPatches = ["nn/patches", "nn/patches", "nn/product"];

const ops: Record<string, Op> = {
  add: {
    inputs: [map, map],
    run: ([a, b]) => add(a!, b!),
    forward: [["shared/add", [bytes]]],
    backward: [],
    keeps: [],
    alone: [[], []],
  },
  scale: {
    inputs: [map],
    run: ([values]) => scale(values!, 2),
    forward: [["nn/scale", [bytes]]],
    backward: [["nn/scale", [bytes]]],
    keeps: [],
  },
  relu: {
    inputs: [map],
    run: ([values]) => relu(values!),
    forward: [["nn/relu", [bytes]]],
    backward: [["nn/relu.pullback", [bytes]]],
    keeps: [],
    keepsResult: true,
  },
  tanh: {
    inputs: [map],
    run: ([values]) => tanh(values!),
    forward: [["nn/tanh", [bytes]]],
    backward: [["nn/tanh.pullback", [bytes]]],
    keeps: [],
    keepsResult: true,
  },
  multiply: {
    inputs: [map, map],
    run: ([a, b]) => multiply(a!, b!),
    forward: [["nn/multiply", [bytes]]],
    backward: [
      ["nn/multiply", [bytes]],
      ["nn/multiply", [bytes, bytes]],
    ],
    keeps: [0, 1],
    alone: [["nn/multiply"], ["nn/multiply"]],
  },
  dropout: {
    inputs: [map],
    run: ([values]) => dropout(values!, { rate: 0.5, seed: 1 }),
    forward: [["nn/dropout", [bytes]]],
    backward: [["nn/dropout", [bytes]]],
    keeps: [],
  },
  crop: {
    inputs: [[9, 11, 5]],
    run: ([values]) => crop(values!, { y: 1, x: 1, height: 3, width: 4 }),
    forward: [["nn/crop", [3 * 4 * 32]]],
    backward: [["nn/crop", [9 * 11 * 32]]],
    keeps: [],
  },
  resize: {
    inputs: [map],
    run: ([values]) => resize(values!, [7, 8]),
    // A kernel for each image.
    forward: [
      ["nn/resize", [2 * 7 * 8 * 32]],
      ["nn/resize", [2 * 7 * 8 * 32]],
    ],
    backward: [
      ["nn/resize.pullback", [bytes]],
      ["nn/resize.pullback", [bytes]],
    ],
    keeps: [],
  },
  permute: {
    inputs: [map],
    run: ([values]) => permute(values!, "nhwc", "nchw"),
    forward: [["nn/permute", [2 * 5 * 9 * 3 * 16]]],
    backward: [["nn/permute", [bytes]]],
    keeps: [],
  },
  concat: {
    inputs: [
      [18, 11, 5],
      [18, 11, 3],
    ],
    run: (maps) => concat(maps),
    forward: [
      ["nn/permute", [bytes]],
      ["nn/permute", [bytes]],
    ],
    backward: [
      ["nn/permute", [bytes]],
      ["nn/permute", [bytes, 198 * 16]],
    ],
    keeps: [],
    alone: [["nn/permute"], ["nn/permute"]],
  },
  "mean of all": {
    inputs: [map],
    run: ([values]) => mean(values!),
    // The result, the sum of the rows, and that of its two quads.
    forward: [
      ["shared/columnSums", [16, 32]],
      ["shared/columnSums", [16, 32, 16]],
      ["nn/mean", [16, 32, 16]],
    ],
    backward: [["nn/mean.pullback", [bytes]]],
    keeps: [],
  },
  "mean of all in one quad": {
    inputs: [[18, 11, 3]],
    run: ([values]) => mean(values!),
    forward: [
      ["shared/columnSums", [16, 16]],
      ["nn/mean", [16, 16]],
    ],
    backward: [["nn/mean.pullback", [198 * 16]]],
    keeps: [],
  },
  "mean of the pixels": {
    inputs: [[2, 8, 16, 5]],
    run: ([values]) => mean(values!, { axes: "hw" }),
    // The result, the sums of both images, and those of one. Every image begins where a binding may.
    forward: [
      ["shared/columnSums", [64, 64, 32]],
      ["shared/columnSums", [64, 64, 32]],
      ["nn/mean", [64, 64, 32]],
    ],
    backward: [["nn/mean.pullback", [2 * 128 * 32]]],
    keeps: [],
  },
  logits: {
    inputs: [map],
    run: ([values]) => logitsOf(values!, 2),
    forward: [["nn/logits", [bytes]]],
    backward: [["nn/logits.pullback", [bytes]]],
    keeps: [0],
  },
  maxPool2d: {
    inputs: [map],
    run: ([values]) => maxPool2d(values!),
    // A kernel for each image.
    forward: [
      ["nn/maxPool2d", [half]],
      ["nn/maxPool2d", [half]],
    ],
    backward: [
      ["nn/maxPool2d.pullback", [bytes]],
      ["nn/maxPool2d.pullback", [bytes]],
    ],
    keeps: [0],
  },
  crossEntropy: {
    inputs: [map],
    run: ([scores], scope) => crossEntropy(scores!, scope.labels([2, 9, 11], new Uint8Array(198))),
    // The labels, the weights of the classes, the loss, and those of the pixels.
    forward: [
      ["nn/crossEntropy", [200, weights, 16, 198 * 16]],
      ["shared/columnSums", [200, weights, 16, 198 * 16]],
    ],
    backward: [["nn/crossEntropy.pullback", [bytes]]],
    keeps: [0],
  },
  dice: {
    inputs: [map],
    run: ([scores], scope) => dice(scores!, scope.labels([2, 9, 11], new Uint8Array(198))),
    // The labels, the pixels of the classes, the slopes, the loss, the sums, the losses of the classes, and for a while the pixels' shares.
    forward: [
      ["nn/dice.shares", [200, weights, 2 * weights, 16, weights, weights, 5 * 16, bytes, bytes]],
      ["shared/columnSums", [200, weights, 2 * weights, 16, weights, weights, 5 * 16, bytes, bytes]],
      ["shared/columnSums", [200, weights, 2 * weights, 16, weights, weights, 5 * 16, bytes, bytes]],
      ["nn/dice", [200, weights, 2 * weights, 16, weights, weights, 5 * 16]],
      ["shared/columnSums", [200, weights, 2 * weights, 16, weights, weights, 5 * 16]],
    ],
    backward: [["nn/dice.pullback", [bytes]]],
    keeps: [0],
  },
  "conv2d by minimal filtering": {
    inputs: [[2, 9, 11, 9], [10, 9, 3, 3], [10]],
    run: ([values, weight, bias]) => conv2d(values!, weight!, { bias: bias!, padding: 1, relu: true }),
    forward: [
      ["nn/winograd.weights", [nine, filtering.weights]],
      ["nn/winograd.input", [nine, ...tiles]],
      ["nn/product", [nine, ...tiles]],
      ["nn/winograd.output", [nine, ...tiles]],
    ],
    backward: [
      // The gradient of the result is a copy, since it is masked; then those of values and weight, as they are needed.
      ["nn/relu.pullback", [nine]],
      ...["nn/winograd.input", "nn/winograd.gradient", "nn/product", "nn/winograd.fold"].map((kernel): Step => [
        kernel,
        [nine, nine, threeByThree, ...tiles],
      ]),
      ["nn/convolution.transpose", [nine, nine, threeByThree, threeByThree]],
      ["nn/winograd.weights", [nine, nine, threeByThree, threeByThree, filtering.weights]],
      ...["nn/winograd.input", "nn/product", "nn/winograd.output"].map((kernel): Step => [
        kernel,
        [nine, nine, threeByThree, threeByThree, ...tiles],
      ]),
      ["shared/columnSums", [nine, nine, threeByThree, 48]],
    ],
    keeps: [0, 1],
    keepsResult: true,
    alone: [
      [
        "nn/relu.pullback",
        "nn/convolution.transpose",
        ...["weights", "input"].map((name) => `nn/winograd.${name}`),
        "nn/product",
        "nn/winograd.output",
      ],
      ["nn/relu.pullback", "nn/winograd.input", "nn/winograd.gradient", "nn/product", "nn/winograd.fold"],
      ["nn/relu.pullback", "shared/columnSums"],
    ],
  },
  "conv2d by the definition": {
    inputs: [[2, 9, 11, 9], [10, 9, 5, 5], [10]],
    run: ([values, weight, bias]) => conv2d(values!, weight!, { bias: bias!, padding: 1 }),
    forward: [["nn/convolution", [smaller]]],
    backward: [
      // Both operands of an image at a time.
      ...[1, 2].flatMap(() =>
        ["nn/convolution.pack", "nn/convolution.pack", "nn/product"].map((kernel): Step => [
          kernel,
          [nine, fiveByFive, ...packed],
        ]),
      ),
      ["nn/convolution.transpose", [nine, fiveByFive, fiveByFive]],
      ["nn/convolution", [nine, fiveByFive, fiveByFive]],
      ["shared/columnSums", [nine, fiveByFive, 48]],
    ],
    keeps: [0, 1],
    alone: [
      ["nn/convolution.transpose", "nn/convolution"],
      [1, 2].flatMap(() => ["nn/convolution.pack", "nn/convolution.pack", "nn/product"]),
      ["shared/columnSums"],
    ],
    webgpu: {
      backward: [
        ...byPatches.map((kernel): Step => [kernel, [nine, fiveByFive, ...patches]]),
        ["nn/convolution.transpose", [nine, fiveByFive, fiveByFive]],
        ["nn/convolution", [nine, fiveByFive, fiveByFive]],
        ["shared/columnSums", [nine, fiveByFive, 48]],
      ],
      alone: [["nn/convolution.transpose", "nn/convolution"], byPatches, ["shared/columnSums"]],
    },
  },
  "convTranspose2d by minimal filtering": {
    inputs: [
      [2, 9, 11, 10],
      [10, 9, 3, 3],
    ],
    run: ([values, weight]) => convTranspose2d(values!, weight!, { padding: 1 }),
    forward: [
      ["nn/convolution.transpose", [nine, threeByThree]],
      ["nn/winograd.weights", [nine, threeByThree, filtering.weights]],
      ...["nn/winograd.input", "nn/product", "nn/winograd.output"].map((kernel): Step => [
        kernel,
        [nine, threeByThree, ...tiles],
      ]),
    ],
    backward: [
      ...["nn/winograd.input", "nn/winograd.gradient", "nn/product", "nn/winograd.fold"].map((kernel): Step => [
        kernel,
        [nine, threeByThree, ...tiles],
      ]),
      ["nn/winograd.weights", [nine, threeByThree, filtering.weights]],
      ...["nn/winograd.input", "nn/product", "nn/winograd.output"].map((kernel): Step => [
        kernel,
        [nine, threeByThree, ...tiles],
      ]),
    ],
    keeps: [0, 1],
  },
  convTranspose2d: {
    inputs: [map, [5, 7, 4, 4], [7]],
    run: ([values, weight, bias]) => convTranspose2d(values!, weight!, { bias: bias!, stride: 2 }),
    forward: [
      ["nn/convolution.transpose", [larger, fourByFour]],
      ["nn/convolution", [larger, fourByFour]],
    ],
    backward: [
      ...[1, 2].flatMap(() =>
        ["nn/convolution.pack", "nn/convolution.pack", "nn/product"].map((kernel): Step => [
          kernel,
          [bytes, fourByFour, ...packedBack],
        ]),
      ),
      ["nn/convolution", [bytes, fourByFour]],
      // 960 rows in four blocks.
      ["shared/columnSums", [bytes, fourByFour, 32, 4 * 32]],
      ["shared/columnSums", [bytes, fourByFour, 32, 4 * 32]],
    ],
    keeps: [0, 1],
    alone: [
      ["nn/convolution"],
      [1, 2].flatMap(() => ["nn/convolution.pack", "nn/convolution.pack", "nn/product"]),
      ["shared/columnSums", "shared/columnSums"],
    ],
    webgpu: {
      backward: [
        ...byPatches.map((kernel): Step => [kernel, [bytes, fourByFour, ...patchesBack]]),
        ["nn/convolution", [bytes, fourByFour]],
        // 960 rows in fifteen blocks.
        ["shared/columnSums", [bytes, fourByFour, 32, 15 * 32]],
        ["shared/columnSums", [bytes, fourByFour, 32, 15 * 32]],
      ],
      alone: [["nn/convolution"], byPatches, ["shared/columnSums", "shared/columnSums"]],
    },
  },
};

/** The inputs of an op, of small numbers; those of four axes are weights but for the first, and `map`. */
const inputsOf = (scope: Scope, { inputs }: Op): Tensor[] =>
  inputs.map((shape, i) =>
    scope.tensor(
      shape,
      random(i + 1).array(elementsOf(shape), -1, 1),
      i > 0 && shape.length === 4 && shape !== map ? panels : undefined,
    ),
  );

/** The gradients of an op's inputs, which themselves are computed, as its result is computed with. */
async function between(device: Device, op: Op, dispose: boolean) {
  using scope = device.scope();
  const watched = inputsOf(scope, op);
  using tape = new Tape(watched);
  const inputs = watched.map((input) => scale(input, 2));
  const result = op.run(inputs, scope);
  const last = scale(result, 3);
  const kept: boolean[] = [];
  for (const tensor of dispose ? [...inputs, result] : []) {
    const before = device.bytes;
    tensor.dispose();
    kept.push(device.bytes === before);
  }
  const gradients = await tape.gradients(last, scope.tensor(last.shape, random(9).array(elementsOf(last.shape))));
  return { kept, values: await Promise.all(watched.map((input) => gradients.get(input)!.read())) };
}

export const cases: Case[] = Object.entries(ops).flatMap(([name, op]): Case[] => [
  {
    name: `${name}: its kernels have the tables that they need, and no others`,
    async run(device) {
      using scope = device.scope();
      const inputs = inputsOf(scope, op);
      using tape = new Tape(inputs);
      let result: Tensor | undefined;
      const forward = await memoryOf(device, "", () => (result = op.run(inputs, scope)));
      checkMemory(device, forward, op.forward, "forward");
      const seed = scope.tensor(result!.shape);
      const backward = await memoryOf(device, "", () => tape.gradients(result!, seed));
      checkMemory(device, backward, onDevice(device, op).backward, "backward");
    },
  },
  {
    name: `${name}: keeps what its gradients are computed from, and computes those that are wanted`,
    async run(device) {
      const { kept, values } = await between(device, op, true);
      const expected = [...op.inputs.map((_, i) => op.keeps.includes(i)), op.keepsResult ?? false];
      check(
        kept.join() === expected.join(),
        `inputs and result are kept: expected ${expected.join()}, got ${kept.join()}`,
      );
      const usual = await between(device, op, false);
      values.forEach((gradient, i) => same(gradient, usual.values[i]!, `gradient ${i}`));
      for (const [i, kernels] of (onDevice(device, op).alone ?? []).entries()) {
        using scope = device.scope();
        const inputs = inputsOf(scope, op);
        using tape = new Tape([inputs[i]!]);
        const result = op.run(inputs, scope);
        const ran = await memoryOf(device, "", () => tape.gradients(result, scope.tensor(result.shape)));
        const names = ran.map(({ kernel }) => kernel).join();
        check(names === kernels.join(), `gradient ${i} alone: expected ${kernels.join()}, got ${names}`);
      }
    },
  },
]);
