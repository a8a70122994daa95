/**
 * What a snippet may take for granted, by kind: the names that the text around it has introduced. All is small, since it is
 * tried here whether a snippet works, not how long it takes.
 */
import {
  buildLattice,
  crfRnn,
  crossEntropy,
  fcn8s,
  fcn8sCrfRnn,
  type Network,
  open,
  panels,
  sgd,
  Tape,
  type Tensor,
} from "./small.ts";
import {
  bytesSource,
  type Checkpoint,
  memorySink,
  openCheckpoint,
  type StoredTensor,
  writeSafetensors,
} from "../../src/checkpoint/checkpoint.ts";
import { type Item, itemsOf, openDataset } from "../../src/data/data.ts";
import {
  drawShapes,
  memorySurroundings,
  runTraining,
  shapeClasses,
  trainingConfiguration,
  trainingTimetable,
} from "../../src/train/train.ts";
import { makeScene } from "../../bench/scene.ts";
import { Tree, writeSbd, writeVoc } from "../data/trees.ts";
import { bridges } from "./bridges.ts";
import { alone, cloud, page, params, writeFiles } from "./guides.ts";
import { tensorFlow } from "./tensorFlow.ts";

const [height, width, classes] = [6, 8, 21] as const;
const sizes = { height, width, h: height, w: width, n: 40, d: 3, c: 2 } as const;

const numbers = (count: number): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length: count }, (_, i) => (i * 37) % 101);

/** Numbers on the host, as they come from a canvas or another runtime. */
export async function arrays() {
  const device = await open({ prefer: "wasm", threads: 1 });
  return {
    ...sizes,
    device,
    crf: crfRnn(device, { classes, iterations: 1 }),
    image: numbers(height * width * 3),
    logits: numbers(height * width * classes),
    scores: numbers(height * width * classes),
    features: numbers(sizes.n * sizes.d),
    values: numbers(sizes.n * sizes.c),
    signal: new AbortController().signal,
  };
}

/** Tensors on a device, layers and a step of training. */
export async function tensors() {
  const { device, crf } = await arrays();
  const tensor = (...shape: number[]): Tensor => device.tensor(shape, numbers(shape.reduce((a, b) => a * b)));
  const mask = Uint8Array.from({ length: height * width }, (_, i) => i % classes);
  const image = tensor(height, width, 3);
  const labels = device.labels([height, width], mask);
  const network = fcn8s(device, { classes });
  const gradientsOf = async (picture: Tensor): Promise<Map<Tensor, Tensor>> => {
    using tape = new Tape(Object.values(network.parameters));
    return await tape.gradients(crossEntropy(await network(picture), labels));
  };
  const tape = new Tape(Object.values(network.parameters));
  return {
    ...sizes,
    device,
    crf,
    image,
    unary: tensor(height, width, classes),
    guide: image,
    scores: tensor(height, width, 3),
    values: tensor(sizes.n, 3),
    lattice: await buildLattice(tensor(sizes.n, 2)),
    features: tensor(height, width, 5),
    smallScores: tensor(3, 4, classes),
    output: { data: numbers(classes * 65 * 65) },
    other: crfRnn(device, { classes }),
    weight: device.tensor([3, 3, 3, 3], numbers(81), panels),
    bias: device.tensor([3], numbers(3)),
    mask,
    labels,
    network,
    checkpoint: await checkpointOf(network),
    images: [image],
    gradientsOf,
    tape,
    loss: crossEntropy(await network(image), labels),
    step: sgd(network.parameters, { rate: 1e-12 }),
    wgsl: "@compute @workgroup_size(64) fn main() {}", // WebAssembly runs the twin
  };
}

/** The same, but features are those of points, and the map is small beside its picture. */
export async function points() {
  const { device, ...given } = await tensors();
  const tensor = (...shape: number[]): Tensor => device.tensor(shape, numbers(shape.reduce((a, b) => a * b)));
  return {
    ...given,
    device,
    features: tensor(sizes.n, sizes.d),
    otherFeatures: tensor(7, sizes.d),
    smallFeatures: tensor(sizes.n, sizes.d),
    largeFeatures: tensor(60, sizes.d),
    small: given.values,
    unary: tensor(33, 33, classes),
    guide: tensor(40, 44, 3),
  };
}

/** The same beside a network with a CRF-RNN, whose checkpoint it is. */
export async function training() {
  const given = await tensors();
  const whole = fcn8sCrfRnn(given.device, { classes });
  return { ...given, checkpoint: await checkpointOf(whole) };
}

async function checkpointOf(network: Network<never>): Promise<Checkpoint> {
  const stored = Object.entries(await network.state()).map(([name, { shape, values }]): [string, StoredTensor] => [
    name,
    { shape, type: "float32", read: async () => Float32Array.from(values) },
  ]);
  const sink = memorySink();
  await writeSafetensors({ tensors: new Map(stored), metadata: {} }, sink);
  return openCheckpoint(bytesSource(sink.bytes()));
}

/** What a run in memory has left. */
export async function runs() {
  const given = await arrays();
  const image = drawShapes(1, 0, 24);
  const options = { classes: shapeClasses.map(({ name }) => name), images: [image], width: 1 / 64, steps: 1 };
  const surroundings = memorySurroundings({ train: [image], val: [image] });
  await runTraining(given.device, await trainingConfiguration(options), trainingTimetable(options), surroundings);
  return { ...given, surroundings };
}

/** A scene to measure. */
export async function measurements() {
  const { device } = await arrays();
  return { device, scene: makeScene(undefined, { height: 6, width: 8 }) };
}

/** What is in the folder with data sets, where the program runs. */
export async function dataSets(folder = ".") {
  const items: readonly Item[] = itemsOf({ dataset: await openDataset(`${folder}/VOC2012`) });
  return { items, predict: async (item: Item) => (await item.labels()).labels };
}

/** A folder as `dataSets` takes it for granted. */
export async function writeDataSets(): Promise<Tree> {
  const tree = new Tree();
  await writeVoc(tree, "VOC2012/");
  await writeSbd(tree, "benchmark_RELEASE/");
  await writeFiles(tree);
  return tree;
}

const small = { arrays, tensors, points, training, runs, measurements, dataSets };
export const kinds = { ...small, bridges, tensorFlow, alone, page, params, cloud };
