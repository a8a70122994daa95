/**
 * The rule of NaN (kernels/shared/nan.wgsl) for every kernel, on every device: what is recorded of the library on WASM is
 * run again with one number of an input replaced by NaN or an infinity. Which results depend on that number is found by
 * replacing it by other finite numbers first, and each of these results must then be NaN, or not finite.
 */
import * as kernels from "../build/kernels.ts";
import { softmax } from "../src/crf/softmax.ts";
import type { Device, Storage } from "../src/device/device.ts";
import { openWasm } from "../src/device/wasm.ts";
import { LimitError } from "../src/errors.ts";
import { float16ToFloat32, float32ToFloat16 } from "../src/float16.ts";
import type { Kernel } from "../src/kernel.ts";
import { buildLattice } from "../src/lattice/lattice.ts";
import { panels } from "../src/layout.ts";
import { conv2d } from "../src/nn/conv2d.ts";
import { crossEntropy, robustLogLikelihood } from "../src/nn/crossEntropy.ts";
import { dice } from "../src/nn/dice.ts";
import { dropout } from "../src/nn/dropout.ts";
import { formsFor } from "../src/nn/forms.ts";
import { maxPool2d } from "../src/nn/maxPool2d.ts";
import { relu } from "../src/nn/relu.ts";
import { kernelForms } from "../src/nn/tune.ts";
import { asFloats, type Contents, type Dispatch, record, replayChanged, written } from "./dispatches.ts";
import { Tape } from "../src/tape.ts";
import { type Case, check, random, rejects, same } from "./suite.ts";
import { filterAll, splatInBands, works } from "./works.ts";

/** Kernels that read whole numbers alone. A new kernel stands here, or its inputs are tried. */
const wholeNumbers = [
  "arithmetic",
  "chains",
  "chainsNeighbors",
  "featuresRanges",
  "fill",
  "hashFollow",
  "hashInsert",
  "hashMark",
  "hashMove",
  "hashNumber",
  "incidenceOffsets",
  "incidenceTotals",
  "neighbors",
  "neighborsMerge",
  "orderDigit",
  "orderPack",
  "orderPermute",
  "orderRanges",
  "orderSlots",
  "planeVertices",
  "scanAdd",
  "scanBlocks",
  "sortCount",
  "sortScatter",
  "unpack",
];

/** Bindings that hold numbers as they are or, where `halves` is 1, as halves. */
const eitherWay = ["convolution weights", "product right", "winogradWeights weights", "winogradInput values"];

/** Bindings that hold halves always. */
const maps = ["halvesNarrow result", "halvesWiden values"];

/** Bindings of whole numbers that hold the bits of floats. */
const floatsAsWords = [
  ...eitherWay,
  ...maps,
  "embed features",
  "finite values",
  "hashFind barycentric",
  "hashLookUp barycentric",
  "incidenceEntries barycentric",
  "permute values",
];

/** Inputs that are written, too. */
const inPlace = [
  "adam mean",
  "adam parameter",
  "adam square",
  "blurChains values",
  "incidenceCount simplices",
  "product result",
  "productBlocks result",
  "reluPullback gradient",
  "sgd parameter",
  "sgd velocity",
  "sliceDots dots",
  "splatAdd result",
  "splatAdd sums",
  "splatBand result",
  "splatBand sums",
  "splatNear result",
  "splatNear sums",
  "tanhPullback gradient",
];

/** Inputs of pairs of a vertex and a weight, of which the kernel reads the vertex only. */
const unread = ["planeMark simplices", "sliceDots simplices"];

/** Kernels that look for what is not finite, and tell it in `status`; what else they write is left as it was. */
const reporters = ["argmax", "embed", "finite"];

/** Those of them for which an infinity is a number like others. */
const reportNaN = ["argmax"];

/** Kernels to which features lie where featuresRanges, which compares bits, found them: it tells of others beforehand. */
const guarded = ["packedEmbed", "planeEmbed"];

/**
 * Inputs of which an infinity may become finite, since the definition has a finite limit there: for each the signs of such
 * infinities. The test sees to it that a very large number becomes an ordinary one, too.
 */
const finiteLimits: Readonly<Record<string, "+" | "-" | "+-">> = {
  // exp(−∞) = 0: a class that has no share in a softmax.
  "softmax activation 1 values": "-",
  "update activation 1 unary": "-",
  "confidence logits": "-",
  "crossEntropy scores": "-",
  "crossEntropyPullback scores": "-",
  "diceShares scores": "-",
  "dicePullback scores": "-",
  // A message is taken from the logits, and may have either sign.
  "update activation 1 spatialValues": "+-",
  "update activation 1 bilateralValues": "+-",
  "update activation 1 matrices": "+-",
  // A ReLU of −∞ is 0, and so is what a sum of ∞ divides.
  "softmax activation 2 values": "+-",
  "softmaxPullback activation 2 values": "-",
  "update activation 2 spatialSimplices": "+-",
  "update activation 2 bilateralSimplices": "+-",
  "update activation 2 spatialValues": "+-",
  "update activation 2 bilateralValues": "+-",
  "update activation 2 matrices": "+-",
  "update activation 2 unary": "+-",
  "relu values": "-",
  "tanh values": "+-",
  "convolution values": "+-",
  "convolution weights": "+-",
  "convolution bias": "-",
  "patchesCollect products": "-",
  "patchesCollect bias": "-",
  "winogradOutput products": "+-",
  "winogradOutput bias": "-",
  // The largest of a block is a comparison, of logits below the largest of the row.
  "prunePeaks values": "+-",
  "prune values": "-",
  // Marginals are not negative; those that were would count as 0.
  "softmaxPullback activation 1 values": "-",
  // A slope of a logarithm at ∞ is 0, and of what is below 0 it is NaN.
  "logitsPullback values": "+",
  // Which is a maximum, or above 0, is a comparison.
  "maxPool2d values": "-",
  "maxPool2dPullback values": "+-",
  "reluPullback result": "+-",
  // A quotient by ∞ is 0.
  "dice sums": "+-",
  "dice counts": "+-",
  "normalization values": "+-",
  "clip squares": "+",
  "adam square": "+",
};

/** Inputs of which NaN reaches one of the results that depend on it, the one at its own place. */
const ownPlace = ["maxPool2dPullback values"];

/** The name of an input in these lists. */
const inputOf = ({ kernel, args }: Dispatch, name: string): string =>
  `${kernel.formOf ?? kernel.id}${"activation" in args ? ` activation ${args.activation}` : ""} ${name}`;

const classOf = (value: number): string => (value === 0 || value === 1 || value === 2 ? String(value) : "other");

/** Dispatches of each kernel that between them have every mode: one for each parameter that is 0, 1, 2, or more for the first time. */
function chosen(dispatches: readonly Dispatch[]): Dispatch[] {
  const seen = new Set<string>();
  return dispatches.filter(({ kernel, args }) => {
    const modes = Object.entries(args).flatMap(([name, value]) =>
      typeof value === "number" ? [`${kernel.id} ${name} ${classOf(value)}`] : [],
    );
    const fresh = [kernel.id, ...modes].filter((mode) => !seen.has(mode));
    fresh.forEach((mode) => seen.add(mode));
    return fresh.length > 0;
  });
}

/** The words of a binding that hold floats: all, every second one of pairs of a whole number and a weight, or none. */
function floatWords(
  { id, bindings }: Pick<Kernel<unknown>, "id" | "bindings">,
  name: string,
  length: number,
): number[] {
  const { type } = bindings.find((binding) => binding.name === name)!;
  const places = (first: number, step: number): number[] => {
    const found: number[] = [];
    for (let i = first; i < length; i += step) found.push(i);
    return found;
  };
  if (/f32|vec4f/.test(type) || floatsAsWords.includes(`${id} ${name}`)) return places(0, 1);
  return type.startsWith("array<vec2u") && name !== "neighbors" ? places(1, 2) : [];
}

const floatOf = (contents: Contents, name: string, index: number): number => asFloats(contents[name]!)[index]!;
/** The first of two halves in a word. */
const halfOf = (contents: Contents, name: string, index: number): number =>
  float16ToFloat32(Uint16Array.of(contents[name]![index]!))[0]!;

/** Elements tried of each input of a dispatch, and how many may be looked at to find as many that a result depends on. */
const tried = 3;
const lookedAt = 24;

/** First, last, middle, then here and there. */
const candidates = (words: readonly number[]): number[] =>
  [
    ...new Set([
      0,
      words.length - 1,
      words.length >> 1,
      ...Array.from({ length: lookedAt }, (_, i) => (i * 7919) % words.length),
    ]),
  ].map((place) => words[place]!);

/** The bits of a float, or in a word of halves those of two alike, since results depend on both. */
function bitsOf(value: number, halves: boolean): number {
  const floats = Float32Array.of(value);
  return halves ? float32ToFloat16(floats)[0]! * 0x10001 : new Uint32Array(floats.buffer)[0]!;
}
/** NaN as processors make it and as JavaScript does, and both infinities. */
const specials = { negativeNaN: 0xffc00000, NaN: 0x7fc00000, "+": 0x7f800000, "-": 0xff800000 };
type Special = keyof typeof specials;
const specialNames = Object.keys(specials) as Special[];
const specialHalves = { negativeNaN: 0xfe00fe00, NaN: 0x7e007e00, "+": 0x7c007c00, "-": 0xfc00fc00 };
const hugeOf = (halves: boolean): number => (halves ? 6e4 : 3e38);

/** Whether a binding of a dispatch holds halves. */
function holdsHalves({ kernel, args }: Pick<Dispatch, "kernel" | "args">, name: string): boolean {
  const binding = `${kernel.formOf ?? kernel.id} ${name}`;
  return maps.includes(binding) || (args.halves === 1 && eitherWay.includes(binding));
}

/** A number for each word of a binding: a float, or of two halves the one that is not finite, else their sum. */
function numbersOf(dispatch: Pick<Dispatch, "kernel" | "args">, contents: Contents, name: string): Float32Array {
  const words = contents[name]!;
  if (!holdsHalves(dispatch, name)) return asFloats(words);
  const halves = float16ToFloat32(new Uint16Array(words.buffer, words.byteOffset, 2 * words.length));
  return Float32Array.from(words, (_, i) => halves[2 * i]! + halves[2 * i + 1]!);
}

/** An element of an input with the results that depend on it, as [binding, word]; and what very large numbers make of them. */
interface Element {
  readonly name: string;
  readonly index: number;
  readonly dependent: readonly (readonly [string, number])[];
  readonly limits: Readonly<Record<"+" | "-", Contents>>;
}

/** Elements of an input of `dispatch` that results depend on, found on the `reference` device. */
async function elementsOf(reference: Device, dispatch: Dispatch, name: string): Promise<Element[]> {
  const { kernel, before } = dispatch;
  const all = floatWords(kernel, name, before[name]!.length);
  // Padding is 0 and has to be; where everything is, as in a first step of Adam, so are the numbers.
  const own = all.filter((index) => before[name]![index] !== 0);
  const words = own.length > 0 ? own : all;
  const found: Element[] = [];
  for (const index of words.length === 0 ? [] : candidates(words)) {
    if (found.length === tried) break;
    const halves = holdsHalves(dispatch, name);
    const value = halves ? halfOf(before, name, index) : floatOf(before, name, index);
    const huge = hugeOf(halves);
    const numbers = [value, 2 * value + 1, value + 1000, value - 1000, huge, -huge];
    const changes = numbers.map((number) => ({ name, index, bits: bitsOf(number, halves) }));
    const [base, ...others] = await replayChanged(reference, dispatch, changes);
    const dependent = written(kernel).flatMap((output) => {
      const [before, ...after] = [base, ...others.slice(0, 3)].map((all) => numbersOf(dispatch, all!, output.name));
      return floatWords(kernel, output.name, before!.length)
        .filter((i) => after.some((floats) => floats[i] !== before![i]))
        .map((i) => [output.name, i] as const);
    });
    if (dependent.length === 0 && !["argmax", "finite"].includes(kernel.id)) continue;
    // What embed writes for other points stays as it is.
    if (kernel.id === "embed" && dependent.every(([output, i]) => output === name && i === index)) continue;
    found.push({ name, index, dependent, limits: { "+": others[3]!, "-": others[4]! } });
  }
  return found;
}

const isOrdinary = (value: number): boolean => Math.abs(value) < 1e19;

/** What came of all dispatches. */
class Findings {
  /** Elements tried, by input. */
  readonly counts = new Map<string, number>();
  readonly faults: string[] = [];
  /** Inputs of which an infinity became finite. */
  readonly limits = new Set<string>();

  count(input: string, elements: number): void {
    if (elements > 0) this.counts.set(input, (this.counts.get(input) ?? 0) + elements);
  }

  /** Looks at the results that depend on an element in whose place `special` stood. */
  look(dispatch: Dispatch, { name, index, dependent, limits }: Element, special: Special, results: Contents): void {
    const { kernel } = dispatch;
    const input = inputOf(dispatch, name);
    if (guarded.includes(kernel.id)) return;
    const put = `${kernel.file}: ${special} as ${input}[${index}]`;
    if (reporters.includes(kernel.id)) {
      if (reportNaN.includes(kernel.id) && !/NaN/.test(special)) return;
      if (results.status!.every((word) => word === 0)) this.faults.push(`${put} is not reported in status`);
      return;
    }
    for (const [output, i] of dependent) {
      const value = numbersOf(dispatch, results, output)[i]!;
      if (special === "NaN" || special === "negativeNaN") {
        if (Number.isNaN(value) || (ownPlace.includes(input) && i !== index)) continue;
        this.faults.push(`${put} gives ${output}[${i}] = ${value}`);
      } else if (Number.isFinite(value)) {
        const limit = floatOf(limits[special], output, i);
        this.limits.add(input);
        if (finiteLimits[input]?.includes(special) && isOrdinary(limit)) continue;
        this.faults.push(
          `${put} gives ${output}[${i}] = ${value}, where ${special}${hugeOf(holdsHalves(dispatch, name))} gives ${limit}`,
        );
      }
    }
  }
}

/** A dispatch in every form of its kernel that the device runs. */
function formsOf(device: Device, dispatch: Dispatch): Dispatch[] {
  const forms = kernelForms.find(({ usual }) => usual.kernel.id === dispatch.kernel.id);
  const others = (forms ? formsFor(device, forms).slice(1) : []).map(({ kernel }) => ({
    ...dispatch,
    kernel: kernel as Dispatch["kernel"],
  }));
  return [dispatch, ...others];
}

/** Tries every input of a dispatch on the device. */
async function tryDispatch(device: Device, reference: Device, dispatch: Dispatch, findings: Findings): Promise<void> {
  const tests: { readonly element: Element; readonly special: Special }[] = [];
  for (const { name } of dispatch.kernel.bindings) {
    const elements = await elementsOf(reference, dispatch, name);
    findings.count(`${dispatch.kernel.id} ${name}`, elements.length);
    for (const element of elements) for (const special of specialNames) tests.push({ element, special });
  }
  if (tests.length === 0) return;
  const changes = tests.map(({ element: { name, index }, special }) => {
    const bits = (holdsHalves(dispatch, name) ? specialHalves : specials)[special];
    return { name, index, bits };
  });
  for (const form of formsOf(device, dispatch)) {
    const results = await replayChanged(device, form, changes);
    for (const [i, { element, special }] of tests.entries()) findings.look(form, element, special, results[i]!);
  }
}

/** Kernels that the library runs only on what is larger than a binding, and those of the benchmarks. */
async function runOthers(device: Device): Promise<void> {
  using values = device.tensor(
    [4, 8],
    Float32Array.from({ length: 32 }, (_, i) => i),
  );
  using result = device.tensor([4, 8]);
  const storages: Record<"values" | "result", Storage> = { values: values.storage, result: result.storage };
  const where = { rows: 4, quads: 1, valueQuads: 2, valueOffset: 0, resultQuads: 2, resultOffset: 1 };
  device.run(kernels.channels, { ...storages, ...where });
  device.run(kernels.copy, { ...storages, count: 8 });
}

/** Every input that holds floats and is only read, by kernel and name. */
const inputs = Object.values(kernels)
  .filter(({ formOf }) => !formOf)
  .flatMap(({ id, bindings }) =>
    bindings
      .filter(({ access, name }) => access === "read" && floatWords({ id, bindings }, name, 2).length > 0)
      .map(({ name }) => `${id} ${name}`),
  );

const isOf = (input: string, id: string): boolean => input.startsWith(`${id} `);

function checkNames(what: string, actual: readonly string[], expected: readonly string[]): void {
  check(actual.join() === expected.join(), `${what}: expected ${expected.join(", ")}, got ${actual.join(", ")}`);
}

/** One line of all that are alike but for their place. */
const shortened = (faults: readonly string[]): string =>
  [...new Map(faults.map((fault) => [fault.replace(/\[.*/, ""), fault])).values()].join("\n");

export const cases: Case[] = [
  {
    name: "NaN and infinity in any input of any kernel are seen in every result that depends on them",
    async run(device) {
      using reference = await openWasm({ threads: 1 });
      const findings = new Findings();
      // Devices make incidence lists by different kernels.
      const other = await record(device.kind === "wasm" ? "webgpu" : "wasm", filterAll);
      const dispatches = [
        ...(await record(device.kind, async (on) => {
          for (const work of [...works, runOthers]) await work(on);
        })),
        ...(await record("wasm", splatInBands)).filter(({ kernel }) => kernel.id === "splatNear"),
        ...other.filter(({ kernel }) => /^(blur|chains|incidence|packed|plane)/.test(kernel.id)),
      ];
      for (const dispatch of chosen(dispatches)) await tryDispatch(device, reference, dispatch, findings);
      const { counts, faults, limits } = findings;
      check(faults.length === 0, `${faults.length} faults, among them\n${shortened(faults)}`);
      const untried = [...inputs, ...inPlace].filter((input) => !counts.has(input));
      checkNames("inputs that no result depends on", untried, unread);
      const without = Object.values(kernels).filter(
        ({ formOf, id }) => !formOf && ![...inputs, ...inPlace].some((input) => isOf(input, id)),
      );
      checkNames("kernels without floats", without.map(({ id }) => id).sort(), wholeNumbers);
      if (device.kind !== "wasm") return;
      checkNames(
        "limits that nothing has",
        Object.keys(finiteLimits).filter((input) => !limits.has(input)),
        [],
      );
    },
  },
  {
    name: "what does not count lets no NaN through: scores of an ignored pixel, and what dropout drops",
    async run(device) {
      using scope = device.scope();
      const labels = scope.labels([1, 2], [255, 1]);
      for (const loss of [crossEntropy, robustLogLikelihood, dice]) {
        const [stray, clean] = [NaN, 4].map((value) => scope.tensor([1, 2, 3], [value, value, value, 1, 2, 3]));
        const tape = new Tape([stray!]);
        const value = loss(stray!, labels);
        same(await value.read(), await loss(clean!, labels).read(), "loss");
        const gradient = await (await tape.gradients(value)).get(stray!)!.read();
        same(gradient.slice(0, 3), [0, 0, 0], "gradient of the ignored pixel");
        check(gradient.every(Number.isFinite), `gradient ${gradient}`);
      }
      const dropped = await dropout(scope.tensor([64], new Float32Array(64).fill(NaN)), { rate: 0.5, seed: 1 }).read();
      const zeros = dropped.filter((value) => value === 0).length;
      check(zeros > 0 && zeros < 64, `${zeros} of 64 values are dropped`);
      check(dropped.filter(Number.isNaN).length === 64 - zeros, "what is kept is NaN");
    },
  },
  {
    name: "a share of a softmax is NaN beside infinity, and 0 of −infinity; nothing is shared where all are −infinity",
    async run(device) {
      const inf = Infinity;
      using values = device.tensor([4, 3], [1, inf, 2, 1, -inf, 1, -inf, -inf, -inf, 1, NaN, 2]);
      using shares = softmax(values);
      same(await shares.read(), [NaN, NaN, NaN, 0.5, 0, 0.5, NaN, NaN, NaN, NaN, NaN, NaN], "softmax");
      using rectified = softmax(values, "relu");
      same(await rectified.read(), [0, NaN, 0, 0.5, 0, 0.5, 0, 0, 0, NaN, NaN, NaN], "ReLU over its sum");
    },
  },
  {
    name: "NaN is the maximum of its window: the first gets the gradient, and gets NaN",
    async run(device) {
      // In the first window the second and third values are NaN, in the second the fourth, and in the third only the
      // gradient.
      using values = device.tensor([2, 6, 1], [1, NaN, 1, 2, 5, 1, NaN, 3, 3, NaN, 4, 3]);
      const tape = new Tape([values]);
      using pooled = maxPool2d(values);
      same(await pooled.read(), [NaN, NaN, 5], "maxima");
      using seed = device.tensor([1, 3, 1], [1, 2, NaN]);
      const gradients = await tape.gradients(pooled, seed);
      using gradient = gradients.get(values)!;
      same(await gradient.read(), [0, NaN, 0, 0, NaN, 0, 0, 0, 0, NaN, 0, 0], "gradient");
    },
  },
  {
    name: "a convolution with ReLU keeps as many NaN as a ReLU after it, by both methods",
    async run(device) {
      using scope = device.scope();
      for (const channels of [3, 8]) {
        const numbers = random(channels);
        const data = numbers.array(6 * 6 * channels, -1, 1);
        data[14 * channels] = NaN;
        const image = scope.tensor([6, 6, channels], data);
        const size = 8 * channels * 9;
        const weight = scope.tensor([8, channels, 3, 3], numbers.array(size, -1, 1), panels);
        const fused = await conv2d(image, weight, { padding: 1, relu: true }).read();
        same(fused, await relu(conv2d(image, weight, { padding: 1 })).read(), `${channels} channels`);
        check(fused.some(Number.isNaN), `${channels} channels: no NaN`);
      }
    },
  },
  {
    name: "a finite feature too large to embed is reported, though its coordinates become NaN",
    async run(device) {
      for (const value of [3e38, -3e38]) {
        using features = device.tensor([3, 5], [0, 0, 0, 0, 0, 1, value, value, value, value, 0, 0, 0, 0, 0]);
        const { message } = await rejects(buildLattice(features), LimitError);
        check(/point 1\b/.test(message), message);
      }
    },
  },
];
