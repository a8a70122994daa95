/** Which tables are in use while each kernel of an op runs, to the byte: scratch memory is what it needs, and given back. */
import { panels } from "../../src/layout.ts";
import { conv2d } from "../../src/nn/conv2d.ts";
import { convTranspose2d } from "../../src/nn/convTranspose2d.ts";
import { crop } from "../../src/nn/crop.ts";
import { crossEntropy } from "../../src/nn/crossEntropy.ts";
import { dropout } from "../../src/nn/dropout.ts";
import { maxPool2d } from "../../src/nn/maxPool2d.ts";
import { multiply } from "../../src/nn/multiply.ts";
import { relu } from "../../src/nn/relu.ts";
import { scale } from "../../src/nn/scale.ts";
import type { Scope } from "../../src/scope.ts";
import { Tape } from "../../src/tape.ts";
import type { Tensor } from "../../src/tensor.ts";
import { checkMemory, memoryOf } from "../memory.ts";
import type { Case } from "../suite.ts";

type Step = readonly [kernel: string, tables: readonly number[]];

/** An op on a map and what it learns, and the tables in use while its kernels run, forward and backward. */
interface Op {
  readonly map: readonly number[];
  /** Shapes of weights, in layout panels, and of biases. */
  readonly parameters?: readonly (readonly number[])[];
  run(map: Tensor, parameters: readonly Tensor[], scope: Scope): Tensor;
  readonly forward: readonly Step[];
  readonly backward: readonly Step[];
}

/** 198 pixels of 5 channels in two quads. */
const map = [2, 9, 11, 5];
const bytes = 198 * 2 * 16;
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
/** The same of a transposed convolution from 5 channels to 7, 4 × 4 taps, stride 2. */
const [larger, fourByFour] = [2 * 20 * 24 * 2 * 16, 16 * 8 * 32];
const packedBack = [2 * 20 * 24 * 16, 9 * 11 * 32];

const ops: Record<string, Op> = {
  scale: {
    map,
    run: (values) => scale(values, 2),
    forward: [["nn/scale", [bytes]]],
    backward: [["nn/scale", [bytes]]],
  },
  relu: { map, run: relu, forward: [["nn/relu", [bytes]]], backward: [["nn/relu.pullback", [bytes]]] },
  multiply: {
    map,
    run: (values) => multiply(values, values),
    forward: [["nn/multiply", [bytes]]],
    backward: [
      ["nn/multiply", [bytes]],
      ["nn/multiply", [bytes, bytes]],
    ],
  },
  dropout: {
    map,
    run: (values) => dropout(values, { rate: 0.5, seed: 1 }),
    forward: [["nn/dropout", [bytes]]],
    backward: [["nn/dropout", [bytes]]],
  },
  crop: {
    map: [9, 11, 5],
    run: (values) => crop(values, { y: 1, x: 1, height: 3, width: 4 }),
    forward: [["nn/crop", [3 * 4 * 32]]],
    backward: [["nn/crop", [9 * 11 * 32]]],
  },
  maxPool2d: {
    map,
    run: maxPool2d,
    // A kernel for each image.
    forward: [
      ["nn/maxPool2d", [half]],
      ["nn/maxPool2d", [half]],
    ],
    backward: [
      ["nn/maxPool2d.pullback", [bytes]],
      ["nn/maxPool2d.pullback", [bytes]],
    ],
  },
  crossEntropy: {
    map,
    run: (values, _, scope) => crossEntropy(values, scope.labels([2, 9, 11], new Uint8Array(198))),
    // The labels, the loss, and those of the pixels.
    forward: [["nn/crossEntropy", [200, 16, 198 * 16]]],
    backward: [["nn/crossEntropy.pullback", [bytes]]],
  },
  "conv2d by minimal filtering": {
    map: [2, 9, 11, 9],
    parameters: [[10, 9, 3, 3], [10]],
    run: (values, [weight, bias]) => conv2d(values, weight!, { bias: bias!, padding: 1, relu: true }),
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
    ],
  },
  "conv2d by the definition": {
    map: [2, 9, 11, 9],
    parameters: [[10, 9, 5, 5], [10]],
    run: (values, [weight, bias]) => conv2d(values, weight!, { bias: bias!, padding: 1, relu: true }),
    forward: [["nn/convolution", [smaller]]],
    backward: [
      ["nn/relu.pullback", [smaller]],
      // Both operands of an image at a time.
      ...[1, 2].flatMap(() =>
        ["nn/convolution.pack", "nn/convolution.pack", "nn/product"].map((kernel): Step => [
          kernel,
          [smaller, nine, fiveByFive, ...packed],
        ]),
      ),
      ["nn/convolution.transpose", [smaller, nine, fiveByFive, fiveByFive]],
      ["nn/convolution", [smaller, nine, fiveByFive, fiveByFive]],
    ],
  },
  convTranspose2d: {
    map,
    parameters: [[5, 7, 4, 4]],
    run: (values, [weight]) => convTranspose2d(values, weight!, { stride: 2 }),
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
    ],
  },
};

export const cases: Case[] = Object.entries(ops).map(([name, op]) => ({
  name: `${name}: its kernels have the tables that they need, and no others`,
  async run(device) {
    using scope = device.scope();
    const values = scope.tensor(op.map);
    const parameters = (op.parameters ?? []).map((shape) =>
      scope.tensor(shape, undefined, shape.length === 4 ? panels : undefined),
    );
    using tape = new Tape([values, ...parameters]);
    let result: Tensor | undefined;
    const forward = await memoryOf(device, "nn/", () => (result = op.run(values, parameters, scope)));
    checkMemory(device, forward, op.forward, "forward");
    const seed = scope.tensor(result!.shape);
    const backward = await memoryOf(device, "nn/", () => tape.gradients(result!, seed));
    checkMemory(device, backward, op.backward, "backward");
  },
}));
