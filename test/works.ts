/** Small runs of the library that between them use every kernel, for tests that hold for all of them. */
import { crfRnn } from "../src/crf/crfRnn.ts";
import type { Device } from "../src/device/device.ts";
import { perform } from "../src/device/work.ts";
import { Workspace } from "../src/device/workspace.ts";
import { filter, normalizations } from "../src/lattice/filter.ts";
import { allocateIncidence, bandPoints, scatterIncidence } from "../src/lattice/incidence.ts";
import { buildLattice } from "../src/lattice/lattice.ts";
import { bytesOfSums, splat } from "../src/lattice/splat.ts";
import { pack } from "./memory.ts";
import { clearPoints } from "./reference/points.ts";
import { halfPanels, panels } from "../src/layout.ts";
import { columnSums } from "../src/shared/columnSums.ts";
import { conv2d } from "../src/nn/conv2d.ts";
import { convTranspose2d } from "../src/nn/convTranspose2d.ts";
import { elementsOf, quadBytes } from "../src/shape.ts";
import { Tape } from "../src/tape.ts";
import { addUnrecorded } from "../src/addUnrecorded.ts";
import { add } from "../src/nn/add.ts";
import { argmax } from "../src/nn/argmax.ts";
import { concat } from "../src/nn/concat.ts";
import { crop } from "../src/nn/crop.ts";
import { crossEntropy, robustLogLikelihood } from "../src/nn/crossEntropy.ts";
import { dice } from "../src/nn/dice.ts";
import { direct } from "../src/nn/convolution.ts";
import { patches } from "../src/nn/patches.ts";
import { convolution, weightShape } from "./nn/convolutions.ts";
import type { Tensor } from "../src/tensor.ts";
import { dense } from "../src/nn/dense.ts";
import { dropout } from "../src/nn/dropout.ts";
import { maxPool2d } from "../src/nn/maxPool2d.ts";
import { mean } from "../src/nn/mean.ts";
import { multiply } from "../src/nn/multiply.ts";
import { relu } from "../src/nn/relu.ts";
import { scale } from "../src/nn/scale.ts";
import { tanh } from "../src/nn/tanh.ts";
import { refine } from "../src/pictures/refine.ts";
import { scoresTensor } from "../src/pictures/scoresTensor.ts";
import { arrayRows, stream } from "../src/stream/stream.ts";
import { adam } from "../src/optim/adam.ts";
import { sgd } from "../src/optim/sgd.ts";
import { random } from "./suite.ts";

export async function filterAll(device: Device): Promise<void> {
  for (const d of [2, 5]) {
    const data = clearPoints(random(d), 180, d);
    // The first points are all in one place, so that there are lists that splat adds up in blocks.
    for (let point = 1; point < 70; point++) data.copyWithin(point * d, 0, d);
    using features = device.tensor([2, 90, d], data);
    using lattice = await buildLattice(features);
    using others = device.tensor([2, 30, d], clearPoints(random(d + 1), 60, d));
    using values = device.tensor([2, 90, 5], random(6).array(900, -1, 1));
    for (const normalization of normalizations) filter(values, lattice, { normalization }).dispose();
    filter(values, lattice, { transpose: true }).dispose();
    using wider = await buildLattice(features, { at: others });
    for (const normalization of normalizations) filter(values, wider, { normalization, at: wider.at }).dispose();
    using elsewhere = device.tensor([2, 30, 5], random(7).array(300, -1, 1));
    filter(elsewhere, wider, { at: wider.at, transpose: true }).dispose();
    for (const shape of [[3], [d + 1, 3], [d + 1, 5, 3]]) {
      using taps = device.tensor(
        shape,
        random(8).array(
          shape.reduce((a, b) => a * b),
          0.2,
          1,
        ),
      );
      using tape = new Tape([taps]);
      using smooth = filter(values, lattice, { normalization: "after", taps });
      const gradients = await tape.gradients(smooth, values);
      for (const gradient of gradients.values()) gradient.dispose();
    }
  }
  // Keys that reach too far to be packed.
  using far = device.tensor([60, 15], random(8).array(900, -2000, 2000));
  (await buildLattice(far)).dispose();
}

/** Splats into a few vertices by two bands of points, as WASM does where lattices are large and dense. */
export async function splatInBands(device: Device): Promise<void> {
  const [points, vertices, quads] = [bandPoints + 20, 200, 2];
  const numbers = random(9);
  using workspace = new Workspace(device);
  const written = (data: Uint32Array | Float32Array) => {
    const storage = workspace.allocate(data.byteLength);
    device.write(storage, data);
    return storage;
  };
  const vertexOfEntry = Array.from({ length: 2 * points }, () => numbers.integer(vertices));
  const simplices = written(pack(vertexOfEntry, numbers.array(2 * points)));
  const incidence = allocateIncidence(workspace, 2 * points, vertices, 2);
  perform(device, scatterIncidence(device, simplices, incidence, vertices, 1, { bands: 2 }));
  const tables = { incidence, points: { from: points, to: points } };
  const into = {
    result: workspace.allocate((vertices + 1) * quads * quadBytes),
    sums: workspace.allocate(bytesOfSums(tables, quads)),
  };
  const values = { storage: written(numbers.array(points * 12, -1, 1)), rowQuads: 3, firstQuad: 1 };
  perform(device, splat(tables, values, into, { vertices, quads }));
  await device.finish();
}

async function inferAll(device: Device): Promise<void> {
  const [height, width] = [9, 11];
  for (const [classes, activation, compatibility] of [
    [5, "softmax", "potts"],
    [5, "softmax", random(3).array(25, -1, 1)],
    // Of six the last channel does not follow from the others.
    [6, "softmax", "potts"],
    [6, "softmax", random(4).array(36, -1, 1)],
    [65, "softmax", "potts"],
    [5, "relu", "potts"],
  ] as const) {
    using unary = device.tensor([height, width, classes], random(1).array(height * width * classes, -2, 2));
    using guide = device.tensor([height, width, 3], random(2).array(height * width * 3, -100, 100));
    using crf = crfRnn(device, {
      classes,
      activation,
      compatibility,
      iterations: 2,
      bilateral: { position: 3.1, color: 23 },
      spatial: { position: 2.3 },
    });
    (await crf(unary, guide, { until: { change: 0 } })).dispose();
  }
  // Six classes of nine are unlikely everywhere.
  const classes = 9;
  const logits = random(1).array(height * width * classes, -2, 2);
  for (let at = 0; at < logits.length; at++) if (at % classes > 2) logits[at]! -= 3;
  for (const compatibility of ["potts", random(3).array(classes * classes, -1, 1)] as const) {
    using unary = device.tensor([height, width, classes], logits);
    using guide = device.tensor([height, width, 3], random(2).array(height * width * 3, -100, 100));
    using crf = crfRnn(device, { classes, compatibility, iterations: 1 });
    (await crf(unary, guide, { prune: 0.9 })).dispose();
  }
}

/** A picture by bands, with lists that splat adds up in blocks. */
export async function streamAll(device: Device): Promise<void> {
  const [height, width, classes] = [16, 11, 9];
  const shape = { height, width };
  const guide = arrayRows(new Float32Array(height * width * 3).fill(9), { ...shape, channels: 3 });
  const unary = arrayRows(random(1).array(height * width * classes, -2, 2), { ...shape, channels: classes });
  const result = arrayRows(new Float32Array(height * width * classes), { ...shape, channels: classes });
  await stream(device, { ...shape, guide, unary, result }, { iterations: 1, rows: 5, channels: 4 });
}

/** A CRF-RNN layer forward and back, with everything learned. */
async function learnAll(device: Device): Promise<void> {
  const [height, width, classes] = [5, 7, 3];
  using scope = device.scope();
  const unary = scope.tensor([height, width, classes], random(1).array(height * width * classes, -2, 2));
  const guide = scope.tensor([height, width, 3], random(2).array(height * width * 3, -100, 100));
  for (const normalization of normalizations) {
    using crf = crfRnn(device, {
      classes,
      normalization,
      // The alternative of the paper once, too.
      activation: normalization === "none" ? "relu" : "softmax",
      iterations: 2,
      bilateral: { position: 3.1, color: 23, weight: 1 },
      spatial: { position: 2.3, weight: 1 },
      learn: { bandwidths: true, guide: true },
    });
    const tape = new Tape([unary, guide, ...Object.values(crf.parameters)]);
    await tape.gradients(await crf(unary, guide), unary);
  }
}

async function sumAll(device: Device): Promise<void> {
  using a = device.tensor([7, 5], random(3).array(35));
  addUnrecorded(a, a).dispose();
  using sums = device.tensor([5]);
  columnSums(device, a.storage, sums.storage, 7, 2);
}

/** Forward and backward, with enough of everything that no kernel is left out. */
async function convolveAll(device: Device): Promise<void> {
  using scope = device.scope();
  const numbers = random(4);
  // Two images: the gradients of their weights are added up.
  const image = scope.tensor([2, 9, 10, 9], numbers.array(1620, -1, 1));
  const square = scope.tensor([10, 9, 3, 3], numbers.array(810, -1, 1), panels);
  const round = scope.tensor([10, 10, 3, 3], numbers.array(900, -1, 1), panels);
  const ten = scope.tensor([10], numbers.array(10));
  const weight = scope.tensor([5, 10, 5, 5], numbers.array(1250, -1, 1), panels);
  const bias = scope.tensor([5], numbers.array(5));
  const wide = scope.tensor([5, 3, 4, 4], numbers.array(240, -1, 1), panels);
  using tape = new Tape([image, square, round, ten, weight, bias, wide]);
  // Both methods with bias and ReLU and without: 3×3 kernels go by minimal filtering, the others directly.
  const map = conv2d(conv2d(image, square, { padding: 1 }), round, { bias: ten, padding: 1, relu: true });
  const result = convTranspose2d(conv2d(map, weight, { bias, stride: 2, padding: 1, relu: true }), wide, { stride: 2 });
  const gradients = await tape.gradients(result, scope.tensor(result.shape, numbers.array(result.rows * 3, -1, 1)));
  for (const gradient of gradients.values()) gradient.dispose();
}

/** Weights and maps that are stored as halves, by both methods. */
async function convolveHalves(device: Device): Promise<void> {
  using scope = device.scope();
  const numbers = random(9);
  const image = scope.tensor([2, 5, 6, 9], numbers.array(540, -1, 1));
  const square = scope.tensor([10, 9, 3, 3], numbers.array(810, -1, 1), halfPanels);
  const weight = scope.tensor([5, 10, 2, 2], numbers.array(200, -1, 1), halfPanels);
  const map = conv2d(image, square, { padding: 1, relu: true, precision: "half" });
  conv2d(maxPool2d(map), weight).dispose();
}

/** The ways to convolve that only one of the devices chooses. */
function convolveElsewhere(device: Device): Promise<void> {
  using scope = device.scope();
  const numbers = random(5);
  for (const [sizes, biased] of [
    [convolution([1, 4, 5, 64], [9, 3, 3]), true],
    [convolution([2, 20, 33, 3], [9, 3, 3], 1, 1), false],
    [convolution([1, 4, 3, 9], [520, 1, 1]), false],
  ] as const) {
    const map = ({ images, height, width, channels }: typeof sizes.input): Tensor =>
      scope.tensor([images, height, width, channels], numbers.array(images * height * width * channels, -1, 1));
    const shape = weightShape(sizes);
    const weights = scope.tensor(shape, numbers.array(elementsOf(shape), -1, 1), panels).storage;
    const operands = { input: map(sizes.input).storage, output: map(sizes.output).storage, weights };
    const bias = scope.tensor([sizes.output.channels], numbers.array(sizes.output.channels)).storage;
    patches.convolve(device, sizes, operands, biased ? { bias, relu: true } : {});
    const halves = scope.tensor(shape, numbers.array(elementsOf(shape), -1, 1), halfPanels).storage;
    patches.convolve(device, { ...sizes, halves: true }, { ...operands, weights: halves });
    patches.convolveBack(device, sizes, operands);
    for (const algorithm of [direct, patches]) algorithm.weightGradient(device, sizes, operands);
  }
  return Promise.resolve();
}

/** What brings scores of other networks into form, forward and back; and labels. */
async function scoreAll(device: Device): Promise<void> {
  using scope = device.scope();
  const numbers = random(8);
  for (const [shape, meaning] of [
    [[2, 5, 4, 3], "probabilities"],
    [[1, 1, 5, 6], "probabilities"],
    [[1, 1, 5, 6], "sigmoid"],
  ] as const) {
    const values = scope.tensor(shape, numbers.array(elementsOf(shape), 0.1, 0.9));
    for (const alignCorners of [false, true]) {
      using tape = new Tape([values]);
      const options = { layout: "nchw", meaning, temperature: 2, size: [7, 5], alignCorners } as const;
      const scores = scoresTensor(device, values, options);
      // Five channels beside others: some begin in the middle of a quad.
      const both = concat([scores, scores]);
      const gradients = await tape.gradients(add(mean(both), mean(mean(both, { axes: "hw" }))));
      for (const gradient of gradients.values()) gradient.dispose();
      await argmax(both);
    }
  }
}

/** Pooling, cropping, dropout, both losses, and a step of each optimizer. */
async function trainAll(device: Device): Promise<void> {
  using scope = device.scope();
  const values = scope.tensor([2, 9, 11, 5], random(4).array(990, -1, 1));
  const labels = scope.labels(
    [2, 4, 5],
    Uint8Array.from({ length: 40 }, (_, i) => (i % 6 === 5 ? 255 : i % 6)),
  );
  for (const loss of [crossEntropy, robustLogLikelihood, dice]) {
    using tape = new Tape([values]);
    const pooled = maxPool2d(relu(scale(tanh(multiply(values, values)), 2)));
    const scores = crop(dropout(pooled, { rate: 0.5, seed: 3 }), { y: 1, x: 1, height: 4, width: 5 });
    const gradients = await tape.gradients(loss(scores, labels));
    const options = { rate: 0.1, decay: 0.01, clip: 0.5 };
    scope.add(sgd({ values }, { ...options, momentum: 0.9 }))(gradients);
    scope.add(adam({ values }, { ...options, decoupled: loss === dice }))(gradients);
  }
}

/** A picture from its bytes to labels. */
async function refineAll(device: Device): Promise<void> {
  const picture = { data: Uint8Array.from(random(5).array(7 * 9 * 4, 0, 256)), width: 9, height: 7 };
  await refine(device, picture, { data: random(6).array(7 * 9 * 5, -2, 2), shape: [7, 9, 5] }, { iterations: 1 });
}

/** What other runtimes are given. */
async function handOver(device: Device): Promise<void> {
  using values = device.tensor([3, 2, 5], random(5).array(30, -1, 1));
  for (const layout of ["nhwc", "nchw"] as const) dense(values, layout).dispose();
}

export const works: readonly ((device: Device) => Promise<void>)[] = [
  filterAll,
  inferAll,
  streamAll,
  learnAll,
  sumAll,
  convolveAll,
  convolveHalves,
  convolveElsewhere,
  scoreAll,
  trainAll,
  refineAll,
  handOver,
];
