/**
 * Wrong uses, each with what the error has to say: one sentence that names the argument, what was found and what to do. A plain
 * TypeError from inside, a sentence that names the wrong thing, and silence are failures.
 */
import type { Device } from "../src/device/device.ts";
import { CrfRnnError } from "../src/errors.ts";
import * as library from "../src/index.ts";
import type { Scope } from "../src/scope.ts";
import { type Case, check, random } from "./suite.ts";

/** What a call is made with; everything wrong is of type any. */
interface Things {
  readonly device: Device;
  readonly scope: Scope;
  readonly map: library.Tensor;
  readonly guide: library.Tensor;
  readonly weight: library.Tensor;
  readonly labels: library.Labels;
  readonly lattice: library.Lattice;
  readonly crf: any;
  readonly dense: any;
  readonly lstm: library.ConvLstm;
  readonly features: library.Tensor;
}

type Use = readonly [name: string, use: (things: Things) => unknown, says: RegExp];

const wrong: any = library;
const later = (value: unknown): Promise<unknown> => Promise.resolve(value);

/** In place of a tensor, everywhere. */
const noTensors: readonly (readonly [name: string, value: unknown, got: RegExp])[] = [
  ["nothing", undefined, /got nothing/],
  ["null", null, /got null/],
  ["a Float32Array", new Float32Array(60), /got a Float32Array — make it with device\.tensor/],
  ["an array", [1, 2, 3], /got an array/],
  ["a promise", later(1), /got a promise — await it first/],
  ["a string", "logits", /got the string "logits"/],
  ["an object", {}, /got a plain object/],
];

const tensorUses: readonly (readonly [name: string, argument: string, use: (things: Things, x: any) => unknown])[] = [
  ["relu", "values", (_, x) => wrong.relu(x)],
  ["tanh", "values", (_, x) => wrong.tanh(x)],
  ["scale", "values", (_, x) => wrong.scale(x, 2)],
  ["maxPool2d", "values", (_, x) => wrong.maxPool2d(x)],
  ["softmax", "values", (_, x) => wrong.softmax(x)],
  ["dropout", "values", (_, x) => wrong.dropout(x, { rate: 0.5, seed: 0 })],
  ["crop", "values", (_, x) => wrong.crop(x, { y: 0, x: 0, height: 1, width: 1 })],
  ["add", "b", ({ map }, x) => wrong.add(map, x)],
  ["multiply", "a", ({ map }, x) => wrong.multiply(x, map)],
  ["argmax", "scores", (_, x) => wrong.argmax(x)],
  ["confidence", "logits", (_, x) => wrong.confidence(x)],
  ["concat", "maps\\[1\\]", ({ map }, x) => wrong.concat([map, x])],
  ["mean", "values", (_, x) => wrong.mean(x)],
  ["permute", "values", (_, x) => wrong.permute(x, "hwc", "chw")],
  ["resize", "values", (_, x) => wrong.resize(x, [3, 7])],
  ["conv2d", "values", ({ weight }, x) => wrong.conv2d(x, weight)],
  ["conv2d", "weight", ({ map }, x) => wrong.conv2d(map, x)],
  ["convTranspose2d", "weight", ({ map }, x) => wrong.convTranspose2d(map, x)],
  ["crossEntropy", "scores", ({ labels }, x) => wrong.crossEntropy(x, labels)],
  ["dice", "scores", ({ labels }, x) => wrong.dice(x, labels)],
  ["bilateralFeatures", "guide", (_, x) => wrong.bilateralFeatures(x, { position: 3, color: 3 })],
  ["buildLattice", "features", (_, x) => wrong.buildLattice(x)],
  ["filter", "values", ({ lattice }, x) => wrong.filter(x, lattice)],
  ["upsample", "values", ({ map, guide }, x) => wrong.upsample(x, map, guide)],
  ["upsample", "smallGuide", ({ map, guide }, x) => wrong.upsample(map, x, guide)],
  ["upsample", "guide", ({ map }, x) => wrong.upsample(map, map, x)],
  ["shrink", "guide", (_, x) => wrong.shrink(x, [2, 2])],
  ["crfRnn", "logits", ({ crf, guide }, x) => crf(x, guide)],
  ["crfRnn", "guide", ({ crf, map }, x) => crf(map, x)],
  ["convLstm", "logits", ({ lstm, guide }, x) => lstm(x, guide)],
  ["convLstm", "guide", ({ lstm, map }, x) => lstm(map, x)],
  ["denseCrf", "logits", ({ dense, features }, x) => dense(x, [features])],
  ["denseCrf", "features of filter 0", ({ dense, map }, x) => dense(map, [x])],
  ["meanField", "logits", ({ guide }, x) => wrong.meanField(x, guide)],
  ["refine", "scores", ({ device, guide }, x) => wrong.refine(device, guide, x)],
  ["gradients", "output", ({ map }, x) => new library.Tape([map]).gradients(x)],
];

const uses: readonly Use[] = [
  // Data.
  [
    "nested arrays",
    ({ device }) =>
      device.tensor([2, 2], [
        [1, 2],
        [3, 4],
      ] as any),
    /numbers, got an array at index 0/,
  ],
  ["strings in an array", ({ device }) => device.tensor([2], ["1", "2"] as any), /got the string "1" at index 0/],
  ["a string as data", ({ device }) => device.tensor([3], "abc" as any), /3 numbers, got the string "abc"/],
  ["a number as data", ({ device }) => device.tensor([1], 5 as any), /1 numbers, got the number "5"/],
  ["null as data", ({ device }) => device.tensor([1], null as any), /1 numbers, got null/],
  ["an ArrayBuffer", ({ device }) => device.tensor([1], new ArrayBuffer(4) as any), /got an ArrayBuffer/],
  ["a DataView", ({ device }) => device.tensor([1], new DataView(new ArrayBuffer(4)) as any), /got a DataView/],
  ["bigints", ({ device }) => device.tensor([1], new BigInt64Array(1) as any), /bigints/],
  ["a tensor as data", ({ device, map }) => device.tensor([4, 5, 3], map as any), /60 numbers, got tensor \[4, 5, 3\]/],
  ["a promise as data", ({ device }) => device.tensor([1], later([1]) as any), /got a promise — await it first/],
  ["too few values", ({ device }) => device.tensor([2, 3], [1]), /6 values, got 1/],
  ["a shape that is a string", ({ device }) => device.tensor("2,3" as any), /shape.*got the string "2,3"/],
  ["a shape that is a number", ({ device }) => device.tensor(3 as any), /shape.*got the number "3"/],
  ["no shape", ({ device }) => (device as any).tensor(), /shape.*got nothing/],
  ["an empty shape", ({ device }) => device.tensor([]), /positive whole sizes, got \[\]/],
  ["a negative size", ({ device }) => device.tensor([-1, 2]), /positive whole sizes, got \[-1, 2\]/],
  ["a size of half", ({ device }) => device.tensor([1.5]), /positive whole sizes/],
  ["a layout that is a string", ({ device }) => device.tensor([1, 1, 1, 1], [1], "panels" as any), /layout.*"panels"/],
  [
    "panels of three axes",
    ({ device }) => device.tensor([1, 1, 1], [1], library.panels),
    /\[outputs, inputs, height, width\]/,
  ],
  ["writing text", ({ map }) => map.write("x" as any), /numbers, got the string/],
  ["writing too little", ({ map }) => map.write([1]), /60 values, got 1/],
  ["labels of text", ({ device }) => device.labels([1, 1], ["a"] as any), /numbers, got the string "a"/],
  ["labels of nothing", ({ device }) => (device as any).labels([1, 1]), /1 numbers, got nothing/],
  ["a label of 300", ({ device }) => device.labels([1, 2], [0, 300]), /0 to 255, got 300 at pixel \[0, 1\]/],
  ["a label of a half", ({ device }) => device.labels([1, 1], [0.5]), /got 0\.5 at pixel/],
  // Devices.
  ["a device forgotten", () => wrong.crfRnn({ classes: 2 }), /a device, got a plain object/],
  [
    "a device not awaited",
    () => wrong.crfRnn(library.open({ prefer: "wasm", threads: 1 }), { classes: 2 }),
    /await it first/,
  ],
  ["no device for a network", () => wrong.fcn8s(undefined, { classes: 2 }), /a device, got nothing/],
  ["no device for features", () => wrong.spatialFeatures([4, 5], { position: 3 }), /a device, got an array/],
  ["tune nothing", () => wrong.tune(), /a device, got nothing/],
  ["open a string", () => wrong.open("wasm"), /options, as an object.*got the string "wasm"/],
  ["open an unknown device", () => wrong.open({ prefer: "cuda" }), /auto, webgpu or wasm, got the string "cuda"/],
  ["open with other SIMD", () => wrong.open({ simd: "avx" }), /simd: auto or plain, got the string "avx"/],
  [
    "plain SIMD beside a GPU",
    () => wrong.open({ prefer: "webgpu", simd: "plain" }),
    /for WebAssembly alone, got it beside/,
  ],
  ["open with a misspelled option", () => wrong.open({ prefers: "wasm" }), /got "prefers" — write prefer/],
  ["open no GPUDevice", () => wrong.open({ gpu: {} }), /gpu: a GPUDevice, got a plain object/],
  ["open a GPUDevice to come", () => wrong.open({ gpu: later({}) }), /got a promise — await it first/],
  ["no threads", () => wrong.open({ prefer: "wasm", threads: 0 }), /threads from 1 to 64, got 0/],
  [
    "threads in words",
    () => wrong.open({ prefer: "wasm", threads: "two" }),
    /threads from 1 to 64, got the string "two"/,
  ],
  // The layer.
  ["no options", ({ device }) => wrong.crfRnn(device), /whole number of classes, 1 or more, got/],
  ["classes in words", ({ device }) => wrong.crfRnn(device, { classes: "21" }), /classes/],
  [
    "the command line's name",
    ({ device }) => wrong.crfRnn(device, { classes: 2, thetaAlpha: 80 }),
    /"thetaAlpha" — write bilateral\.position/,
  ],
  ["θγ by its name", ({ device }) => wrong.crfRnn(device, { classes: 2, theta_gamma: 3 }), /write spatial\.position/],
  [
    "bilateral.sigma",
    ({ device }) => wrong.crfRnn(device, { classes: 2, bilateral: { sigma: 3 } }),
    /bilateral.*"sigma" — write position/,
  ],
  [
    "a bandwidth alone",
    ({ device }) => wrong.crfRnn(device, { classes: 2, spatial: 3 }),
    /spatial: expected options.*the number "3"/,
  ],
  [
    "learn: true",
    ({ device }) => wrong.crfRnn(device, { classes: 2, learn: true }),
    /learn: expected options.*the boolean "true"/,
  ],
  ["learn.theta", ({ device }) => wrong.crfRnn(device, { classes: 2, learn: { bandwidth: true } }), /write bandwidths/],
  [
    "learn in words",
    ({ device }) => wrong.crfRnn(device, { classes: 2, learn: { weights: "yes" } }),
    /weights: true or false/,
  ],
  [
    "an activation of old",
    ({ device }) => wrong.crfRnn(device, { classes: 2, activation: "sigmoid" }),
    /softmax or relu, got the string "sigmoid"/,
  ],
  [
    "a normalization of none such",
    ({ device }) => wrong.crfRnn(device, { classes: 2, normalization: "both" }),
    /symmetric, got the string "both"/,
  ],
  [
    "a bandwidth of 0",
    ({ device }) => wrong.crfRnn(device, { classes: 2, spatial: { position: 0 } }),
    /spatial position bandwidth above 0, got 0/,
  ],
  [
    "a weight too long",
    ({ device }) => wrong.crfRnn(device, { classes: 2, spatial: { weight: [1, 2, 3] } }),
    /2 values or 2×2, got 3 values/,
  ],
  [
    "a weight in words",
    ({ device }) => wrong.crfRnn(device, { classes: 2, spatial: { weight: "3" } }),
    /spatial weight/,
  ],
  [
    "a compatibility of none such",
    ({ device }) => wrong.crfRnn(device, { classes: 2, compatibility: "ising" }),
    /potts or 2×2/,
  ],
  ["a misspelled call", ({ crf, map, guide }) => crf(map, guide, { iteration: 3 }), /"iteration" — write iterations/],
  [
    "less than no iterations",
    ({ crf, map, guide }) => crf(map, guide, { iterations: -1 }),
    /iterations, 0 or more, got -1/,
  ],
  [
    "no iterations from marginals",
    ({ crf, map, guide }) => crf(map, guide, { iterations: 0, from: map }),
    /iterations, 1 or more, got 0/,
  ],
  [
    "numbers to begin from",
    ({ crf, map, guide }) => crf(map, guide, { from: new Float32Array(60) }),
    /from: expected a tensor as marginals/,
  ],
  ["until nothing", ({ crf, map, guide }) => crf(map, guide, { until: {} }), /until: expected change or meanChange/],
  [
    "until less than no change",
    ({ crf, map, guide }) => crf(map, guide, { until: { change: -1 } }),
    /change as a number, 0 or above, got -1/,
  ],
  ["a number as call", ({ crf, map, guide }) => crf(map, guide, 10), /options.*the number "10"/],
  ["channels first", ({ crf, scope, guide }) => crf(scope.tensor([3, 4, 5]), guide), /channels last/],
  [
    "a guide of another size",
    ({ crf, map, scope }) => crf(map, scope.tensor([5, 4, 3])),
    /same size, got \[4, 5, 3\] and \[5, 4, 3\]/,
  ],
  ["other classes", ({ crf, scope, guide }) => crf(scope.tensor([4, 5, 2]), guide), /\[h, w, 3\]/],
  ["labels as guide", ({ crf, map, labels }) => crf(map, labels), /a tensor as guide, got labels \[4, 5\]/],
  [
    "a NaN among the logits",
    ({ crf, scope, guide }) => crf(scope.tensor([4, 5, 3], new Float32Array(60).fill(NaN)), guide),
    /finite logits, got NaN/,
  ],
  [
    "a NaN in the guide",
    ({ crf, scope, map }) => crf(map, scope.tensor([4, 5, 3], new Float32Array(60).fill(NaN))),
    /guide.*NaN/,
  ],
  ["meanField with classes", ({ map, guide }) => wrong.meanField(map, guide, { classes: 3 }), /"classes"/],
  // Lattices.
  [
    "a lattice not awaited",
    ({ map }) => wrong.filter(map, later({})),
    /a lattice as lattice, got a promise — await it first/,
  ],
  ["features in place of a lattice", ({ map }) => wrong.filter(map, map), /a lattice as lattice, got tensor/],
  [
    "a normalization in words",
    ({ lattice, scope }) => wrong.filter(scope.tensor([20, 2]), lattice, { normalization: true }),
    /the boolean "true"/,
  ],
  [
    "filter's misspelled option",
    ({ lattice, scope }) => wrong.filter(scope.tensor([20, 2]), lattice, { normalize: "after" }),
    /write normalization/,
  ],
  [
    "transpose in words",
    ({ lattice, scope }) => wrong.filter(scope.tensor([20, 2]), lattice, { transpose: "yes" }),
    /transpose: true or false/,
  ],
  [
    "values of other points",
    ({ lattice, map }) => wrong.filter(wrong.crop(map, { y: 0, x: 0, height: 1, width: 1 }), lattice),
    /20 rows/,
  ],
  [
    "features as other points",
    ({ lattice, scope }) => wrong.filter(scope.tensor([20, 2]), lattice, { at: scope.tensor([5, 2]) }),
    /lattice\.at or lattice\.own of the same lattice as at, got tensor \[5, 2\]/,
  ],
  ["a small guide left out", ({ map, guide }) => wrong.upsample(map, guide), /a tensor as guide, got nothing/],
  ["sixteen dimensions", ({ scope }) => wrong.buildLattice(scope.tensor([4, 16])), /d from 1 to 15/],
  ["no bandwidth", ({ guide }) => wrong.bilateralFeatures(guide), /position bandwidth above 0, got/],
  [
    "half the bandwidths",
    ({ guide }) => wrong.bilateralFeatures(guide, { position: 3 }),
    /color bandwidth above 0, got/,
  ],
  ["a size of one number", ({ device }) => wrong.spatialFeatures(device, [4], { position: 3 }), /\[h, w\]/],
  // Ops.
  [
    "conv2d's misspelled option",
    ({ map, weight }) => wrong.conv2d(map, weight, { strides: 2 }),
    /"strides" — write stride/,
  ],
  ["a stride of 0", ({ map, weight }) => wrong.conv2d(map, weight, { stride: 0 }), /whole stride of 1 or more/],
  ["relu in words", ({ map, weight }) => wrong.conv2d(map, weight, { relu: "yes" }), /relu: true or false/],
  [
    "a bias that is an array",
    ({ map, weight }) => wrong.conv2d(map, weight, { bias: [1, 2] }),
    /a tensor as bias, got an array/,
  ],
  ["a weight in rows", ({ map, scope }) => wrong.conv2d(map, scope.tensor([2, 3, 3, 3])), /layout panels/],
  ["an activation of none such", ({ map }) => wrong.softmax(map, "sigmoid"), /softmax or relu/],
  ["scale by text", ({ map }) => wrong.scale(map, "2"), /a finite factor, got the string "2"/],
  ["scale by nothing", ({ map }) => wrong.scale(map), /a finite factor, got nothing/],
  ["no window to crop", ({ map }) => wrong.crop(map), /a window within/],
  ["argmax in 32 bits", ({ map }) => wrong.argmax(map, { bits: 32 }), /bits: 8 or 16, got 32/],
  [
    "confidence of weights",
    ({ weight }) => wrong.confidence(weight),
    /logits \[\.\.\., classes\], got .* in layout panels/,
  ],
  ["argmax by axis", ({ map }) => wrong.argmax(map, { axis: -1 }), /options bits, got "axis"/],
  ["one map to concat", ({ map }) => wrong.concat(map), /an array of one tensor or more, got tensor \[4, 5, 3\]/],
  ["nothing to concat", () => wrong.concat([]), /an array of one tensor or more, got an empty one/],
  ["concat by an axis", ({ map, scope }) => wrong.concat([map, scope.tensor([5, 4, 3])]), /differ in channels alone/],
  ["a mean of one axis", ({ map }) => wrong.mean(map, { axes: "w" }), /axes: all or hw, got the string "w"/],
  ["axes by number", ({ map }) => wrong.permute(map, [2, 0, 1]), /from: up to four different letters.*got an array/],
  ["axes once", ({ map }) => wrong.permute(map, "chw"), /to: up to four different letters.*got nothing/],
  ["a size of one number", ({ map }) => wrong.resize(map, 7), /a size \[height, width\].*got the number "7"/],
  ["no size", ({ map }) => wrong.resize(map), /a size \[height, width\].*got nothing/],
  [
    "align_corners",
    ({ map }) => wrong.resize(map, [3, 7], { align_corners: true }),
    /"align_corners" — write alignCorners/,
  ],
  ["no device for scores", () => wrong.scoresTensor([1], { shape: [1, 1, 1] }), /a device, got an array/],
  ["scores without options", ({ device }) => wrong.scoresTensor(device, [1]), /scoresTensor: expected a shape/],
  ["no scores", ({ device }) => wrong.scoresTensor(device, undefined, { shape: [1, 1, 1] }), /1 numbers, got nothing/],
  [
    "scores of another size",
    ({ device }) => wrong.scoresTensor(device, [1, 2], { shape: [1, 1, 3] }),
    /3 values, got 2/,
  ],
  ["no rate to drop", ({ map }) => wrong.dropout(map), /a rate/],
  ["two shapes", ({ map, scope }) => wrong.add(map, scope.tensor([4, 5, 2])), /one shape/],
  // Losses.
  [
    "labels as an array",
    ({ map }) => wrong.crossEntropy(map, new Uint8Array(20)),
    /labels as labels, got a Uint8Array — make them with device\.labels/,
  ],
  ["labels forgotten", ({ map }) => wrong.crossEntropy(map), /got nothing/],
  [
    "the weight of one class",
    ({ map, labels }) => wrong.crossEntropy(map, labels, { weights: [1] }),
    /weights: 3 numbers, one a class, got 1/,
  ],
  ["labels of Dice forgotten", ({ map }) => wrong.dice(map), /dice: expected labels as labels, got nothing/],
  [
    "a reduction of none such",
    ({ map, labels }) => wrong.crossEntropy(map, labels, { reduction: "average" }),
    /sum or mean/,
  ],
  ["an epsilon of 0", ({ map, labels }) => wrong.robustLogLikelihood(map, labels, { epsilon: 0 }), /epsilon above 0/],
  // Lists of nothing, and scopes.
  ["an op of no inputs", () => library.requireInputs("mine", {}), /^mine: expected a tensor or more, got none — pass/],
  ["nothing for a scope", ({ scope }) => (scope as any).add(), /something disposable.*got nothing/],
  ["a promise for a scope", ({ scope }) => (scope as any).add(later(1)), /got a promise — await it first/],
  ["keeping null", ({ scope }) => (scope as any).keep(null), /something disposable.*got null/],
  // The tape.
  ["a tape of nothing", () => new wrong.Tape(), /an array of the tensors to watch, got nothing/],
  [
    "a tape of a record",
    ({ crf }) => new wrong.Tape(crf.parameters),
    /an array of the tensors to watch, got a plain object/,
  ],
  ["a tape of arrays", () => new wrong.Tape([new Float32Array(3)]), /a tensor as watched\[0\], got a Float32Array/],
  ["a tape of an empty list", () => new library.Tape([]), /an array of the tensors to watch, got an empty one — pass/],
  ["a tensor to recompute", ({ map }) => wrong.recompute(map), /a function of tensors/],
  ["an output without a tape", ({ map, scope }) => new library.Tape([map]).gradients(scope.tensor([1])), /watches/],
  // Optimizers.
  [
    "a layer in place of its parameters",
    ({ crf }) => wrong.sgd(crf, { rate: 1 }),
    /parameters.*got a function — pass network\.parameters/,
  ],
  ["parameters as a list", ({ map }) => wrong.sgd([map], { rate: 1 }), /parameters.*got an array/],
  ["no parameters", () => wrong.adam({}, { rate: 1 }), /an object of tensors by name, got none — pass/],
  ["a parameter that is none", () => wrong.adam({ w: [1] }, { rate: 1 }), /a tensor as w, got an array/],
  ["no rate", ({ map }) => wrong.sgd({ map }), /a rate of 0 or more, got nothing/],
  ["lr", ({ map }) => wrong.sgd({ map }, { lr: 1 }), /"lr" — write rate/],
  ["weight decay", ({ map }) => wrong.adam({ map }, { rate: 1, weightDecay: 1 }), /write decay/],
  ["betas in words", ({ map }) => wrong.adam({ map }, { rate: 1, betas: "0.9" }), /betas/],
  [
    "gradients not awaited",
    ({ map, scope }) => scope.add(library.sgd({ map }, { rate: 1 }))(later(new Map()) as any),
    /got a promise — await it first/,
  ],
  [
    "gradients as an object",
    ({ map, scope }) => scope.add(library.sgd({ map }, { rate: 1 }))({} as any),
    /a Map of gradients/,
  ],
  [
    "a multiplier alone",
    ({ map }) => wrong.sgd({ map }, { rate: 1, multipliers: { map: 0 } }),
    /multipliers of map.*the number "0"/,
  ],
  ["no steps", () => wrong.polynomial(1), /steps/],
  ["no steps of a cosine", () => wrong.cosine(1), /steps/],
  ["a rate to warm up", () => wrong.warmUp(1, { steps: 3 }), /a schedule/],
  ["a misspelled schedule", () => wrong.stepped(1, { each: 3, factor: 2 }), /"each"/],
  ["accumulate lists", () => wrong.accumulate([], []), /a Map of gradients.*got an array/],
  // Networks.
  ["no options for a network", ({ device }) => wrong.fcn8s(device), /options with classes, got nothing/],
  ["a misspelled width", ({ device }) => wrong.fcn8s(device, { classes: 2, width: [1] }), /"width" — write widths/],
  ["poolScales for 32s", ({ device }) => wrong.fcn32s(device, { classes: 2, poolScales: [1] }), /"poolScales"/],
  [
    "widths as a number",
    ({ device }) => wrong.fcn8s(device, { classes: 2, widths: 64 }),
    /fcn8s: expected widths: 5 values, each a whole number of 1 or more, got 64/,
  ],
  ["a seed in words", ({ device }) => wrong.fcn8s(device, { classes: 2, seed: "7" }), /seed/],
  ["dropout of 1", ({ device }) => wrong.fcn8s(device, { classes: 2, dropout: 1 }), /dropout/],
];

const small = { classes: 2, widths: [4, 4, 4, 4, 4], fc: 4 };

/** The cases that want a network of their own. */
const networkUses: readonly (readonly [name: string, use: (network: any, things: Things) => unknown, says: RegExp])[] =
  [
    ["an image that is an array", (network) => network(new Float32Array(60)), /a tensor as image, got a Float32Array/],
    ["a gray image", (network, { scope }) => network(scope.tensor([4, 4, 1])), /\[h, w, 3\]/],
    ["a misspelled call", (network, { map }) => network(map, { onlayer: () => {} }), /"onlayer" — write onLayer/],
    ["loading a Map", (network) => network.load(new Map()), /Object\.fromEntries/],
    ["loading a promise", (network) => network.load(later({})), /await it first/],
    ["loading nothing", (network) => network.load(), /an object of tensors by name, got nothing/],
    ["adopting nothing", (network) => network.adopt(), /an object of tensors by name, got nothing/],
    [
      "loading the bits of half precision",
      (network) => network.adopt({ "fc7.bias": { shape: [4], values: new Uint16Array(4) } }),
      /floating-point values, got a Uint16Array — convert.*asFloat32/,
    ],
  ];

async function things(device: Device, scope: Scope): Promise<Things> {
  const numbers = random(1);
  return {
    device,
    scope,
    map: scope.tensor([4, 5, 3], numbers.array(60)),
    guide: scope.tensor([4, 5, 3], numbers.array(60)),
    weight: scope.tensor([2, 3, 3, 3], numbers.array(54), library.panels),
    labels: scope.labels([4, 5], new Uint8Array(20)),
    lattice: await library.buildLattice(scope.tensor([20, 2], numbers.array(40))),
    crf: scope.add(library.crfRnn(device, { classes: 3 })),
    lstm: scope.add(library.convLstm(device, { classes: 3, hidden: 4 })),
    dense: scope.add(library.denseCrf(device, { classes: 3, filters: [{ bandwidths: [1, 1] }] })),
    features: scope.tensor([20, 2], numbers.array(40)),
  };
}

/** @throws AssertionError unless the call ends in an error of the library that says what it should */
async function checkUse([name, use, says]: Use, given: Things): Promise<void> {
  let result: unknown;
  try {
    result = await use(given);
  } catch (error) {
    check(error instanceof CrfRnnError, `${name}: expected an error of the library, got ${error}`);
    check(says.test(error.message), `${name}: expected ${says}, got ${error.message}`);
    check(!/undefined|\[object/.test(error.message), `${name}: ${error.message}`);
    return;
  }
  check(false, `${name}: expected an error, but it gave ${result}`);
}

export const cases: Case[] = [
  {
    name: "what is no tensor is refused by name, by every export that takes one",
    async run(device) {
      using scope = device.scope();
      const given = await things(device, scope);
      for (const [call, argument, use] of tensorUses) {
        for (const [what, value, got] of noTensors) {
          // A seed may be left out, and outputs of no tape are told first.
          const says = new RegExp(`${call}.*(a tensor as ${argument}).*${got.source}`);
          await checkUse([`${call} with ${what} as ${argument}`, (all) => use(all, value), says], given);
        }
      }
    },
  },
  {
    name: "wrong data, options, words, sizes and orders are told in a sentence each",
    async run(device) {
      const wrongs: string[] = [];
      for (const use of uses) {
        using scope = device.scope();
        await checkUse(use, await things(device, scope)).catch((error: Error) => wrongs.push(error.message));
      }
      check(wrongs.length === 0, wrongs.join("\n"));
    },
  },
  {
    name: "networks tell what is wrong with images, calls and checkpoints",
    async run(device) {
      using scope = device.scope();
      const network = scope.add(library.fcn8s(device, small));
      const given = await things(device, scope);
      for (const [name, use, says] of networkUses) await checkUse([name, (all) => use(network, all), says], given);
    },
  },
];
