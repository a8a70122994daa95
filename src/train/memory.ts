import { heldFor, imageName, type Layer, layerTable, type Size, sizesOf } from "../models/layers.ts";
import { elementsOf, padded } from "../shape.ts";
import type { Configuration } from "./configuration.ts";
import { isLearned } from "./learner.ts";
import { networkLayers, networkTable } from "./model.ts";

/** Numbers that a convolution by minimal filtering needs besides, on processors. */
const scratch = 2 ** 20;

/**
 * Estimates how many bytes of device memory a training step on one image takes. A tape holds what the pullbacks of learned
 * layers and of those above them read, two of the largest gradients exist at the same time, and each of the `learned` numbers,
 * at each of its places, has a gradient and the optimizer's moments. If little is held, the forward pass may take more than that. A CRF keeps three
 * maps of classes for each iteration, and its lattices; a convolutional LSTM what is said below.
 */
export function estimateBytes(configuration: Configuration, learned: number, image: Size): number {
  const { crf, lstm, classes, optimizer } = configuration;
  const layers = networkLayers(configuration);
  const pixels = image.height * image.width;
  const scores = pixels * padded(classes.length);
  const numbers = numbersOf(layers, image);
  const sum = (names: Iterable<string>): number => [...names].reduce((total, name) => total + numbers(name), 0);
  const held = heldBy(layers, (name) => isLearned(name, configuration));
  const forward = scratch + Math.max(0, ...aliveIn(layers, held).map(sum));
  const backward = sum(held) + 2 * Math.max(scores, ...[...held].map(numbers));
  // Eight bytes for each of a pixel's six entries, twice, and ten neighbors of a vertex: about 300 bytes a pixel in all.
  // What it reads, four gates with three maps each, its memory and what it shows, in each iteration.
  const ofLstm = lstm
    ? lstm.iterations * pixels * (4 * padded(classes.length + 3 + lstm.hidden) + 24 * padded(lstm.hidden))
    : 0;
  const ofCrf = crf ? 3 * crf.iterations * scores + 75 * pixels : 0;
  const parameters = Object.values(networkTable(configuration)).reduce(
    (total, { shape }) => total + elementsOf(shape),
    0,
  );
  // A gradient, and the moments.
  const copies = optimizer.kind === "sgd" ? 2 : 3;
  return 4 * (Math.max(forward, backward + scores + ofCrf + ofLstm) + parameters + copies * learned);
}

/** How many numbers a layer's result has in device memory. */
function numbersOf(layers: readonly Layer[], image: Size): (name: string) => number {
  const sizes = sizesOf(layers, image);
  const channels = new Map(layers.map((layer) => [layer.name, layer.channels]));
  return (name) => {
    const { height, width } = sizes.get(name) ?? image;
    return Math.max(1, height) * Math.max(1, width) * padded(channels.get(name) ?? 3);
  };
}

/** The results, by their names, that a tape holds for the pullbacks of layers which descend from learned parameters. */
function heldBy(layers: readonly Layer[], learns: (parameter: string) => boolean): ReadonlySet<string> {
  const recorded = new Set<string>();
  const held = new Set<string>();
  for (const layer of layers) {
    const learned = Object.keys(layerTable(layer)).some(learns);
    if (!learned && !layer.from.some((input) => recorded.has(input))) continue;
    recorded.add(layer.name);
    for (const result of heldFor(layer)) held.add(result);
  }
  return held;
}

/** The results that are there when each layer has been computed: those held, and those that it or a later layer reads. */
const aliveIn = (layers: readonly Layer[], held: ReadonlySet<string>): ReadonlySet<string>[] =>
  layers.map((layer, at) => {
    const read = new Set(layers.slice(at).flatMap(({ from }) => from));
    const made = layers.slice(0, at).map(({ name }) => name);
    return new Set([imageName, layer.name, ...made.filter((name) => held.has(name) || read.has(name))]);
  });
