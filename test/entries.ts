/**
 * Every export of the library with one call, or several, that take something which can be disposed of: for tests that hold for
 * all of them. An export that is missing here fails test/disposed.suite.ts.
 */
import type { Device } from "../src/device/device.ts";
import * as library from "../src/index.ts";
import type { Scope } from "../src/scope.ts";
import { random } from "./suite.ts";

/** What a call is given, by name. */
export type Given = Record<string, any>;

export interface Entry {
  /** The export, and what is called where that is not the export itself: `Tensor.read`. */
  readonly name: string;
  /** Makes everything that the call takes; what was made through the scope goes with it. */
  readonly given: (scope: Scope) => Given | Promise<Given>;
  readonly call: (given: Given) => unknown;
}

const { panels } = library;

const map = (scope: Scope, channels = 3): library.Tensor =>
  scope.tensor([4, 5, channels], random(channels).array(20 * channels, 0, 9));
const matrix = (scope: Scope): library.Tensor => scope.tensor([20, 2], random(7).array(40, -2, 2));
const weight = (scope: Scope): library.Tensor => scope.tensor([2, 3, 3, 3], random(8).array(54, -1, 1), panels);
const labels = (scope: Scope): library.Labels => scope.labels([4, 5], new Uint8Array(20));
const small = { classes: 2, widths: [4, 4, 4, 4, 4], fc: 4 };

const unary = (scope: Scope): Given => ({ values: map(scope) });
const pair = (scope: Scope): Given => ({ a: map(scope), b: map(scope) });
const layer = (scope: Scope): Given => ({
  layer: scope.add(library.crfRnn(scope.device, { classes: 3, iterations: 1 })),
  unary: map(scope),
  guide: map(scope),
});
const dense = (scope: Scope): library.DenseCrf =>
  scope.add(library.denseCrf(scope.device, { classes: 3, iterations: 1, filters: [{ bandwidths: [1, 1] }] }));
const lstm = (scope: Scope): library.ConvLstm =>
  scope.add(library.convLstm(scope.device, { classes: 3, hidden: 4, iterations: 1 }));
const latticeAndValues = async (scope: Scope): Promise<Given> => {
  using features = matrix(scope);
  return { lattice: await library.buildLattice(features), values: matrix(scope) };
};
const network =
  (make: (device: Device, options: typeof small) => library.Network) =>
  (scope: Scope): Given => ({ network: scope.add(make(scope.device, small)), image: map(scope) });
const loss = (scope: Scope): Given => ({ scores: map(scope), labels: labels(scope) });
const optimizer =
  (make: typeof library.sgd) =>
  (scope: Scope): Given => {
    const w = map(scope);
    return { optimizer: scope.add(make({ w }, { rate: 0.1 })), w, gradient: map(scope) };
  };
const step = ({ optimizer, w, gradient }: Given): void => optimizer(new Map([[w, gradient]]));
const parameter = (scope: Scope): Given => ({ w: map(scope) });

const entries: readonly Entry[] = [
  { name: "Tensor.read", given: unary, call: ({ values }) => values.read() },
  { name: "Tensor.write", given: unary, call: ({ values }) => values.write(new Float32Array(60)) },
  { name: "Tensor.like", given: unary, call: ({ values }) => values.like() },
  { name: "Tensor.detached", given: unary, call: ({ values }) => values.detached() },
  { name: "Tensor.storage", given: unary, call: ({ values }) => values.storage },
  { name: "Tensor.hold", given: unary, call: ({ values }) => values.hold() },
  { name: "Labels.read", given: (scope) => ({ labels: labels(scope) }), call: ({ labels }) => labels.read() },
  { name: "Labels.storage", given: (scope) => ({ labels: labels(scope) }), call: ({ labels }) => labels.storage },
  { name: "Lattice.parts", given: latticeAndValues, call: ({ lattice, values }) => [lattice.parts, values.storage] },
  { name: "Tape", given: pair, call: ({ a, b }) => new library.Tape([a, b]).dispose() },
  {
    name: "Tape.gradients",
    given: (scope) => {
      const a = map(scope);
      const tape = scope.add(new library.Tape([a]));
      return { tape, output: library.add(a, a), seed: map(scope) };
    },
    call: ({ tape, output, seed }) => tape.gradients(output, seed),
  },
  ...(["recompute", "checkpoint"] as const).map((name) => ({
    name,
    given: pair,
    call: ({ a, b }: Given) => library[name]((x: library.Tensor) => library.add(x, b), [b!])(a),
  })),
  {
    name: "bilateralFeatures",
    given: (scope) => ({ guide: map(scope), bandwidths: scope.tensor([3], [3, 3, 3]) }),
    call: ({ guide, bandwidths }) => library.bilateralFeatures(guide, { position: 3, color: 3, bandwidths }),
  },
  {
    name: "spatialFeatures",
    given: (scope) => ({ bandwidths: scope.tensor([3], [3, 3, 3]) }),
    call: ({ bandwidths }) => library.spatialFeatures(bandwidths.device, [4, 5], { position: 3, bandwidths }),
  },
  {
    name: "buildLattice",
    given: (scope) => ({ features: matrix(scope) }),
    call: ({ features }) => library.buildLattice(features),
  },
  {
    name: "buildLattice: at",
    given: (scope) => ({ features: matrix(scope), at: matrix(scope) }),
    call: ({ features, at }) => library.buildLattice(features, { at }),
  },
  {
    name: "readLattice",
    // Its features have to be there still.
    given: async (scope) => ({ lattice: scope.add(await library.buildLattice(matrix(scope))) }),
    call: ({ lattice }) => library.readLattice(lattice),
  },
  { name: "filter", given: latticeAndValues, call: ({ lattice, values }) => library.filter(values, lattice) },
  {
    name: "filter: taps",
    given: async (scope) => ({ ...(await latticeAndValues(scope)), taps: scope.tensor([3], library.gaussianTaps) }),
    call: ({ lattice, values, taps }) => library.filter(values, lattice, { taps }),
  },
  {
    name: "upsample",
    given: (scope) => ({ values: map(scope), smallGuide: map(scope, 2), guide: map(scope, 2) }),
    call: ({ values, smallGuide, guide }) => library.upsample(values, smallGuide, guide),
  },
  { name: "shrink", given: (scope) => ({ guide: map(scope) }), call: ({ guide }) => library.shrink(guide, [2, 3]) },
  { name: "crfRnn", given: layer, call: ({ layer, unary, guide }) => layer(unary, guide) },
  {
    name: "crfRnn: lattices",
    given: (scope) => ({ layer: layer(scope).layer, guide: map(scope) }),
    call: ({ layer, guide }) => layer.lattices(guide),
  },
  {
    name: "crfRnn: steps",
    given: layer,
    call: async ({ layer, unary, guide }) => {
      for await (const { iteration } of layer.steps(unary, guide)) if (iteration > 9) return;
    },
  },
  {
    name: "crfRnn with lattices",
    given: async (scope) => {
      const features = async (): Promise<library.Lattice> => scope.add(await library.buildLattice(matrix(scope)));
      return { layer: layer(scope).layer, unary: map(scope), spatial: await features(), bilateral: await features() };
    },
    call: ({ layer, unary, spatial, bilateral }) => layer(unary, { spatial, bilateral }),
  },
  {
    name: "crfRnn: state",
    given: (scope) => ({ layer: layer(scope).layer }),
    call: ({ layer }) => layer.state(),
  },
  { name: "crfRnn: load", given: (scope) => ({ layer: layer(scope).layer }), call: ({ layer }) => layer.load({}) },
  {
    name: "convLstm",
    given: (scope) => ({ layer: lstm(scope), unary: map(scope), guide: map(scope) }),
    call: ({ layer, unary, guide }) => layer(unary, guide),
  },
  { name: "convLstm: state", given: (scope) => ({ layer: lstm(scope) }), call: ({ layer }) => layer.state() },
  { name: "convLstm: load", given: (scope) => ({ layer: lstm(scope) }), call: ({ layer }) => layer.load({}) },
  {
    name: "denseCrf",
    given: (scope) => ({ layer: dense(scope), unary: map(scope), features: matrix(scope) }),
    call: ({ layer, unary, features }) => layer(unary, [features]),
  },
  {
    name: "denseCrf: steps",
    given: (scope) => ({ layer: dense(scope), unary: map(scope), features: matrix(scope) }),
    call: async ({ layer, unary, features }) => {
      for await (const { iteration } of layer.steps(unary, [features])) if (iteration > 9) return;
    },
  },
  { name: "denseCrf: state", given: (scope) => ({ layer: dense(scope) }), call: ({ layer }) => layer.state() },
  { name: "denseCrf: load", given: (scope) => ({ layer: dense(scope) }), call: ({ layer }) => layer.load({}) },
  {
    name: "meanField",
    given: (scope) => ({ logits: map(scope), guide: map(scope) }),
    call: ({ logits, guide }) => library.meanField(logits, guide, { iterations: 1 }),
  },
  {
    name: "refine",
    given: (scope) => ({ picture: map(scope), scores: map(scope) }),
    call: async ({ picture, scores }) => void (await library.refine(picture.device, picture, scores)),
  },
  {
    name: "refine: with a layer, a picture of numbers and scores of another size",
    given: (scope) => ({ crf: layer(scope).layer, scores: map(scope) }),
    call: async ({ crf, scores }) => {
      const picture = { data: random(1).array(8 * 10 * 3, 0, 255), width: 10, height: 8 };
      await library.refine(scores.device, picture, { data: scores }, { crf, upsampling: "lattice" });
    },
  },
  { name: "softmax", given: unary, call: ({ values }) => library.softmax(values) },
  {
    name: "conv2d",
    given: (scope) => ({ values: map(scope), weight: weight(scope), bias: scope.tensor([2]) }),
    call: ({ values, weight, bias }) => library.conv2d(values, weight, { bias }),
  },
  {
    name: "convTranspose2d",
    given: (scope) => ({ values: map(scope, 2), weight: weight(scope), bias: scope.tensor([3]) }),
    call: ({ values, weight, bias }) => library.convTranspose2d(values, weight, { bias }),
  },
  { name: "add", given: pair, call: ({ a, b }) => library.add(a, b) },
  { name: "argmax", given: (scope) => ({ scores: map(scope) }), call: ({ scores }) => library.argmax(scores) },
  { name: "confidence", given: (scope) => ({ logits: map(scope) }), call: ({ logits }) => library.confidence(logits) },
  { name: "concat", given: pair, call: ({ a, b }) => library.concat([a, b]) },
  { name: "mean", given: unary, call: ({ values }) => library.mean(values) },
  { name: "permute", given: unary, call: ({ values }) => library.permute(values, "hwc", "chw") },
  { name: "resize", given: unary, call: ({ values }) => library.resize(values, [3, 7]) },
  {
    name: "scoresTensor",
    given: (scope) => ({ data: map(scope) }),
    call: ({ data }) => library.scoresTensor(data.device, data, { layout: "chw", size: [3, 2] }),
  },
  { name: "multiply", given: pair, call: ({ a, b }) => library.multiply(a, b) },
  {
    name: "crop",
    given: unary,
    call: ({ values }) => library.crop(values, { y: 0, x: 0, height: 2, width: 2 }),
  },
  { name: "crossEntropy", given: loss, call: ({ scores, labels }) => library.crossEntropy(scores, labels) },
  {
    name: "robustLogLikelihood",
    given: loss,
    call: ({ scores, labels }) => library.robustLogLikelihood(scores, labels),
  },
  { name: "dice", given: loss, call: ({ scores, labels }) => library.dice(scores, labels) },
  { name: "dropout", given: unary, call: ({ values }) => library.dropout(values, { rate: 0.5, seed: 1 }) },
  { name: "maxPool2d", given: unary, call: ({ values }) => library.maxPool2d(values) },
  { name: "relu", given: unary, call: ({ values }) => library.relu(values) },
  { name: "tanh", given: unary, call: ({ values }) => library.tanh(values) },
  { name: "scale", given: unary, call: ({ values }) => library.scale(values, 2) },
  {
    name: "accumulate",
    given: pair,
    call: ({ a, b }) => library.accumulate(new Map([[a, a]]), new Map([[a, b]])),
  },
  {
    name: "requireInputs",
    given: pair,
    call: ({ a, b }) => library.requireInputs("test", { a, "b?": b }) && undefined,
  },
  { name: "sgd", given: parameter, call: ({ w }) => library.sgd({ w }, { rate: 0.1 }) },
  { name: "sgd: a step", given: optimizer(library.sgd), call: step },
  {
    name: "sgd: state and load",
    given: (scope) => ({ optimizer: optimizer(library.sgd)(scope).optimizer }),
    call: async ({ optimizer }) => optimizer.load(await optimizer.state()),
  },
  { name: "adam", given: parameter, call: ({ w }) => library.adam({ w }, { rate: 0.1 }) },
  { name: "adam: a step", given: optimizer(library.adam), call: step },
  ...([library.fcn8s, library.fcn16s, library.fcn32s, library.fcn8sCrfRnn] as const).flatMap((make): Entry[] => {
    const given = network(make);
    const alone = (scope: Scope): Given => ({ network: given(scope).network });
    return [
      { name: make.name, given, call: ({ network, image }) => network(image, {}) },
      { name: `${make.name}: state`, given: alone, call: ({ network }) => network.state() },
      { name: `${make.name}: load`, given: alone, call: ({ network }) => network.load({}) },
      { name: `${make.name}: adopt`, given: alone, call: ({ network }) => network.adopt({}) },
    ];
  }),
];

/**
 * Exports that take nothing which can be disposed of, but for devices, which have a case of their own; and `record`, which an op
 * calls last, after it has looked at its inputs: a lattice's features may be gone by then.
 */
const without: readonly string[] = [
  "record",
  "chromeTrace",
  "defineKernel",
  "findNotFinite",
  "imageTensor",
  "trace",
  "open",
  "requestDevice",
  "wantedLimits",
  "tune",
  "panels",
  "halfPanels",
  "halfRows",
  "annotationScores",
  "meanColor",
  "presets",
  "volumeFeatures",
  "fixed",
  "cosine",
  "polynomial",
  "warmUp",
  "stepped",
  "crfRnnMultipliers",
  "fcnMultipliers",
  "gaussianTaps",
];

/** @throws if an export is neither called nor known to take nothing */
export function allEntries(): readonly Entry[] {
  const errors = Object.entries(library).filter(
    ([, value]) => (value as { prototype?: unknown }).prototype instanceof Error,
  );
  const known = new Set([...without, ...errors.map(([name]) => name), "CrfRnnError"]);
  const called = new Set(entries.map(({ name }) => name.split(/[.:]/)[0]));
  const missing = Object.keys(library).filter((name) => !known.has(name) && !called.has(name));
  if (missing.length > 0) throw new Error(`not in test/entries.ts: ${missing.join(", ")}`);
  return entries;
}
