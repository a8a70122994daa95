/**
 * The rule of NaN (kernels/shared/nan.wgsl) for every kernel, on every device: what is recorded of the library on WASM is
 * run again with one number of an input replaced by NaN or an infinity. Which results depend on that number is found by
 * replacing it by other finite numbers first, and each of these results must then be NaN, or not finite.
 */
import * as kernels from "../build/kernels.ts";
import { type Device, slice, type Storage } from "../src/device/device.ts";
import { openWasm } from "../src/device/wasm.ts";
import { formsFor } from "../src/nn/forms.ts";
import { kernelForms } from "../src/nn/tune.ts";
import { asFloats, type Dispatch, record, storagesOf, written } from "./dispatches.ts";
import { type Case, check } from "./suite.ts";
import { works } from "./works.ts";

/** Kernels that read whole numbers alone. Every other one must have been tried at each of its inputs that hold floats. */
const wholeNumbers = [
  "arithmetic",
  "fill",
  "hashInsert",
  "hashMark",
  "hashNumber",
  "neighbors",
  "orderDigit",
  "orderPermute",
  "orderSlots",
  "scanAdd",
  "scanBlocks",
  "sortCount",
  "sortScatter",
];

/** Bindings of whole numbers that hold the bits of floats. */
const floatsAsWords = ["embed features", "finite values", "hashFind weights"];

/** Kernels that look for what is not finite, and tell it in `status`; what else they write is left as it was. */
const reporters = ["embed", "finite"];

/**
 * Inputs in which an infinity may leave nothing but finite numbers, because the definition has a finite limit there: "+" and
 * "-" are the signs for which it may. The test sees to it that a very large number has that limit.
 */
const finiteLimits: Readonly<Record<string, string>> = {};

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
    return fresh.length > 0 && !wholeNumbers.includes(kernel.id);
  });
}

/** The words of a binding that hold floats: all, every second one of pairs of a whole number and a weight, or none. */
function floatWords({ id, bindings }: Dispatch["kernel"], name: string, length: number): number[] {
  const { type } = bindings.find((binding) => binding.name === name)!;
  const all = Array.from({ length }, (_, i) => i);
  if (/f32|vec4f/.test(type) || floatsAsWords.includes(`${id} ${name}`)) return all;
  return type.startsWith("array<vec2u") && name !== "neighbors" ? all.filter((i) => i % 2 === 1) : [];
}

/** A word of an input in place of the one that was recorded. */
interface Change {
  readonly name: string;
  readonly index: number;
  readonly bits: number;
}

type Results = Record<string, Uint32Array>;

/** What a dispatch writes after each change, from one reading back. */
async function resultsOf(device: Device, dispatch: Dispatch, changes: readonly Change[]): Promise<Results[]> {
  const { kernel, count, args, before } = dispatch;
  const outputs = written(kernel).map(({ name }) => ({ name, bytes: before[name].byteLength }));
  const total = outputs.reduce((sum, { bytes }) => sum + bytes, 0);
  const storages = storagesOf(device, dispatch);
  const unwritten = storagesOf(device, dispatch);
  const results = device.allocate(total * changes.length);
  changes.forEach(({ name, index, bits }, i) => {
    for (const { name } of outputs) device.copy(unwritten[name], storages[name]);
    const word = slice(storages[name], index * 4, 4);
    device.write(word, Uint32Array.of(bits));
    device.run(kernel, count, { ...args, ...storages });
    let at = i * total;
    for (const { name, bytes } of outputs) {
      device.copy(storages[name], slice(results, at, bytes));
      at += bytes;
    }
    device.write(word, before[name].subarray(index, index + 1));
  });
  const words = new Uint32Array(await device.read(results));
  for (const storage of [results, ...Object.values(storages), ...Object.values(unwritten)]) device.release(storage);
  let at = 0;
  return changes.map(() =>
    Object.fromEntries(outputs.map(({ name, bytes }) => [name, words.subarray(at / 4, (at += bytes) / 4)])),
  );
}

/** Elements tried of each input of a dispatch, and how many may be looked at to find as many that a result depends on. */
const tried = 3;
const lookedAt = 24;

/** First, last, middle, then here and there. */
const candidates = (words: readonly number[]): number[] =>
  [
    ...new Set(
      [0, words.length - 1, words.length >> 1, ...Array.from({ length: lookedAt }, (_, i) => (i * 7919) % words.length)],
    ),
  ].map((place) => words[place]);

const bitsOf = (value: number): number => new Uint32Array(Float32Array.of(value).buffer)[0];
/** NaN as processors make it and as JavaScript does, and both infinities. */
const specials = { negativeNaN: 0xffc00000, NaN: 0x7fc00000, "+": 0x7f800000, "-": 0xff800000 };
type Special = keyof typeof specials;
const huge = 3e38;

/** An element of an input with the results that depend on it, as [binding, word]; and what very large numbers make of them. */
interface Element {
  readonly name: string;
  readonly index: number;
  readonly dependent: readonly (readonly [string, number])[];
  readonly limits: Readonly<Record<"+" | "-", Results>>;
}

/** Elements of an input of `dispatch` that results depend on, found on the `reference` device. */
async function elementsOf(reference: Device, dispatch: Dispatch, name: string): Promise<Element[]> {
  const { kernel, before } = dispatch;
  const words = floatWords(kernel, name, before[name].length);
  const found: Element[] = [];
  for (const index of words.length === 0 ? [] : candidates(words)) {
    if (found.length === tried) break;
    const own = asFloats(before[name])[index];
    const numbers = [own, 2 * own + 1, own + 1000, own - 1000, huge, -huge];
    const changes = numbers.map((value) => ({ name, index, bits: bitsOf(value) }));
    const [base, ...others] = await resultsOf(reference, dispatch, changes);
    const changed = others.slice(0, 3);
    const dependent = written(kernel).flatMap((output) =>
      floatWords(kernel, output.name, base[output.name].length)
        .filter((i) => changed.some((results) => results[output.name][i] !== base[output.name][i]))
        .map((i) => [output.name, i] as const),
    );
    if (dependent.length === 0 && kernel.id !== "finite") continue;
    found.push({ name, index, dependent, limits: { "+": others[3], "-": others[4] } });
  }
  return found;
}

const isOrdinary = (value: number): boolean => Math.abs(value) < 1e19;

/** What is wrong with the results that depend on an element in whose place `special` stood, if anything is. */
function fault(kernel: Dispatch["kernel"], element: Element, special: Special, results: Results): string | undefined {
  const { name, index, dependent, limits } = element;
  const put = `${kernel.file}: ${special} as ${name}[${index}]`;
  if (reporters.includes(kernel.id)) {
    return results.status.some((word) => word !== 0) ? undefined : `${put} is not reported in status`;
  }
  for (const [output, i] of dependent) {
    const value = asFloats(results[output])[i];
    if (special === "NaN" || special === "negativeNaN") {
      if (!Number.isNaN(value)) return `${put} gives ${output}[${i}] = ${value}`;
    } else if (Number.isFinite(value)) {
      const limit = asFloats(limits[special][output])[i];
      const allowed = finiteLimits[`${kernel.id} ${name}`]?.includes(special) ?? false;
      if (!allowed || !isOrdinary(limit)) return `${put} gives ${output}[${i}] = ${value}, where ${special}${huge} gives ${limit}`;
    }
  }
  return undefined;
}

/** Tries every input of a dispatch on the device, in every form of the kernel; tells how many elements, and what is wrong. */
async function tryDispatch(
  device: Device,
  reference: Device,
  dispatch: Dispatch,
  counts: Record<string, number>,
): Promise<string[]> {
  const { kernel, args } = dispatch;
  const elements: Element[] = [];
  for (const { name } of kernel.bindings) {
    const own = await elementsOf(reference, dispatch, name);
    const input = `${kernel.id} ${name}`;
    if (own.length > 0) counts[input] = (counts[input] ?? 0) + own.length;
    elements.push(...own);
  }
  const names = Object.keys(specials) as Special[];
  const tests = elements.flatMap((element) => names.map((special) => ({ element, special })));
  if (tests.length === 0) return [];
  const changes = tests.map(({ element: { name, index }, special }) => ({ name, index, bits: specials[special] }));
  const forms = kernelForms.find(({ usual }) => usual.kernel.id === kernel.id);
  const runs = [
    dispatch,
    ...(forms ? formsFor(device, forms).slice(1) : []).map((form) => ({
      ...dispatch,
      kernel: form.kernel as Dispatch["kernel"],
      count: form.count(args),
    })),
  ];
  const faults: string[] = [];
  for (const run of runs) {
    const results = await resultsOf(device, run, changes);
    tests.forEach(({ element, special }, i) => faults.push(...[fault(run.kernel, element, special, results[i]) ?? []].flat()));
  }
  return faults;
}

/** Kernels that the library runs only on what is larger than a binding, and those of the benchmarks. */
async function runOthers(device: Device): Promise<void> {
  using values = device.tensor([4, 8], Float32Array.from({ length: 32 }, (_, i) => i));
  using result = device.tensor([4, 8]);
  const storages: Record<"values" | "result", Storage> = { values: values.storage, result: result.storage };
  const where = { rows: 4, quads: 1, valueQuads: 2, valueOffset: 0, resultQuads: 2, resultOffset: 1 };
  device.run(kernels.channels, 4, { ...storages, ...where });
  device.run(kernels.copy, 8, { ...storages, count: 8 });
}

export const cases: Case[] = [
  {
    name: "NaN and infinity stay what they are in every kernel, and whatever depends on them",
    async run(device) {
      using reference = await openWasm({ threads: 1 });
      const counts: Record<string, number> = {};
      const dispatches = await record(device.kind, async (on) => {
        for (const work of [...works, runOthers]) await work(on);
      });
      const faults: string[] = [];
      for (const dispatch of chosen(dispatches)) faults.push(...(await tryDispatch(device, reference, dispatch, counts)));
      const inputs = new Map(faults.map((each) => [each.replace(/\[.*/, ""), each]));
      check(faults.length === 0, `${faults.length} faults, one of each input and kind:\n${[...inputs.values()].join("\n")}`);
      const wanted = Object.values(kernels)
        .filter(({ id, formOf }) => !formOf && !wholeNumbers.includes(id))
        .flatMap((kernel) =>
          kernel.bindings
            .filter(({ access, name }) => access === "read" && floatWords(kernel as Dispatch["kernel"], name, 4).length > 0)
            .map(({ name }) => `${kernel.id} ${name}`),
        );
      const missing = wanted.filter((input) => !(input in counts));
      check(missing.length === 0, `no result depends on any element tried of: ${missing.join(", ")}`);
    },
  },
];
