/**
 * WebGPU against WASM, kernel by kernel: everything that the library runs on WASM is recorded with what each kernel read
 * and wrote, and replayed on the device under test from the same inputs, so that the first kernel that differs is named.
 */
import * as kernels from "../build/kernels.ts";
import type { Device } from "../src/device/device.ts";
import type { Binding } from "../src/kernel.ts";
import { formsFor } from "../src/nn/forms.ts";
import { kernelForms } from "../src/nn/tune.ts";
import { asFloats, type Dispatch, record, replay, written } from "./dispatches.ts";
import { type Case, check, close, maximum, same } from "./suite.ts";
import { filterAll, splatInBands, streamAll, works } from "./works.ts";

/** Whole numbers must be equal, floats nearly; vec2u pairs a whole number with the bits of a float. */
function checkBinding({ name, type }: Binding, actual: Uint32Array, expected: Uint32Array, what: string): void {
  // Sums of a few hundred products, fused on one side: 1e-6 of the largest, ten roundings.
  const tolerance = { ofMaximum: 1e-6, absolute: 1e-30 };
  if (type.startsWith("array<vec2u")) {
    const half = (words: Uint32Array, offset: number): Uint32Array => words.filter((_, i) => i % 2 === offset);
    same(half(actual, 0), half(expected, 0), `${what}: ${name}`);
    close(asFloats(half(actual, 1)), asFloats(half(expected, 1)), tolerance, `${what}: ${name}`);
  } else if (/f32|vec4f/.test(type)) {
    check(Number.isFinite(maximum(asFloats(expected))), `${what}: ${name} is not finite`);
    close(asFloats(actual), asFloats(expected), tolerance, `${what}: ${name}`);
  } else same(actual, expected, `${what}: ${name}`);
}

/** Bindings of which a kernel writes some words only, and may find any numbers in the others. */
const writtenInPart = ["splat sums", "splatAdd sums", "splatBand sums", "splatNear sums"];

/** Of a binding's words those that the recorded kernel changed. */
const changed = (words: Uint32Array, { before, after }: Dispatch, name: string): Uint32Array =>
  words.filter((_, i) => before[name]![i] !== after[name]![i]);

/**
 * The races of insertion leave keys in other slots; what an entry finds in its own is the same, unless the table is full
 * (status[2]) and the insertion to be repeated in a larger one.
 */
function found({ slots, entrySlots, status }: Record<string, Uint32Array>): Uint32Array {
  return status![2] === 0 ? entrySlots!.map((slot) => slots![slot]!) : status!.subarray(0, 3);
}

/** Threads number vertices as it happens; what an entry finds by its number, and how many there are, are the same, unless the table is full. */
function numbered({ simplices, packedKeys, status, coordinateRanks }: Record<string, Uint32Array>) {
  if (status![2] !== 0) return { words: status!.subarray(0, 3), weights: new Float32Array() };
  const entries = [...simplices!.keys()].filter((i) => i % 2 === 0);
  const keys = entries.flatMap((i) => [...packedKeys!.subarray(2 * simplices![i]!, 2 * simplices![i]! + 2)]);
  const weights = asFloats(simplices!.filter((_, i) => i % 2 === 1));
  return { words: Uint32Array.from([...keys, ...status!, ...coordinateRanks!]), weights };
}

/** Which keys were moved is what all have in common; where to is decided by races. */
const moved = ({ slots, newSlots }: Record<string, Uint32Array>, before: Record<string, Uint32Array>): Uint32Array =>
  slots!.map((slot, old) => (before.slots![old] === 0 ? 0 : newSlots![slot]!));

/** Dispatches of one kernel that are replayed: each reads its results back, and an iteration's are all alike. */
const mostReplayed = 12;

/** The other forms of a dispatch, on the same arguments: what they write must be the same bits. @returns the kernels compared */
async function checkForms(
  device: Device,
  dispatch: Dispatch,
  expected: Record<string, Uint32Array>,
  what: string,
): Promise<string[]> {
  const forms = kernelForms.filter(({ usual }) => usual.kernel.id === dispatch.kernel.id);
  const others = forms.flatMap((each) => formsFor(device, each).slice(1));
  for (const form of others) {
    const kernel = form.kernel as Dispatch["kernel"];
    const actual = await replay(device, { ...dispatch, kernel });
    for (const { name } of written(kernel)) same(actual[name]!, expected[name]!, `${what}, as ${kernel.file}: ${name}`);
  }
  return others.map(({ kernel }) => kernel.id);
}

/** Fails at the first dispatch that differs. @returns the kernels compared */
async function checkTwins(device: Device, dispatches: readonly Dispatch[]): Promise<string[]> {
  const replayed = new Map<string, number>();
  const others: string[] = [];
  for (const [index, dispatch] of dispatches.entries()) {
    const { kernel, after } = dispatch;
    const before = replayed.get(kernel.id) ?? 0;
    if (before === mostReplayed) continue;
    replayed.set(kernel.id, before + 1);
    const actual = await replay(device, dispatch);
    const what = `dispatch ${index}, ${kernel.file}`;
    others.push(...(await checkForms(device, dispatch, actual, what)));
    if (kernel.id === "hashInsert") same(found(actual), found(after), what);
    else if (kernel.id === "packedEmbed") {
      const [own, other] = [numbered(actual), numbered(after)];
      same(own.words, other.words, what);
      close(own.weights, other.weights, { ofMaximum: 1e-6, absolute: 1e-30 }, `${what}: weights`);
    } else if (kernel.id === "hashMove") same(moved(actual, dispatch.before), moved(after, dispatch.before), what);
    else {
      for (const binding of written(kernel)) {
        const { name } = binding;
        const part = writtenInPart.includes(`${kernel.id} ${name}`);
        const of = (words: Uint32Array): Uint32Array => (part ? changed(words, dispatch, name) : words);
        checkBinding(binding, of(actual[name]!), of(after[name]!), what);
      }
    }
  }
  return [...dispatches.map(({ kernel }) => kernel.id), ...others];
}

export const cases: Case[] = [
  {
    name: "the same numbers from every kernel of the library",
    async run(device) {
      const compared = [
        ...(await checkTwins(
          device,
          await record(device.kind, async (on) => {
            for (const work of works) await work(on);
          }),
        )),
        // Only WASM orders its vertices, blurs along chains of them, gives those of a plane cells, and sorts in one round; what sorts them there has no room on a GPU.
        ...(await checkTwins(
          device,
          [...(await record("wasm", filterAll)), ...(await record("wasm", streamAll))].filter(({ kernel }) =>
            /^(order|packed|plane)|^(blurChains|chains(Neighbors)?|featuresRanges|neighborsMerge|incidence(Count|Totals|Offsets|Scatter))$/.test(
              kernel.id,
            ),
          ),
        )),
        ...(await checkTwins(
          device,
          (await record("wasm", splatInBands)).filter(({ kernel }) => kernel.id === "splatNear"),
        )),
        ...(await checkTwins(
          device,
          (await record("webgpu", filterAll)).filter(({ kernel }) =>
            ["blur", "incidenceEntries", "incidenceFill"].includes(kernel.id),
          ),
        )),
      ];
      // Run only beyond a binding, or a block; their own suites compare them with what is exact, on both devices.
      const elsewhere = ["channels", "scanAdd"];
      // WASM has no forms, and SwiftShader and Deno have no subgroups of 8; test/device/webgpu.test.ts covers all
      // forms.
      const forms = kernelForms.flatMap((each) => formsFor(device, each)).map(({ kernel }) => kernel.id);
      const library = Object.values(kernels)
        .filter(({ file, id, formOf }) => !file.startsWith("kernels/bench/") && (!formOf || forms.includes(id)))
        .map(({ id }) => id);
      const missing = library.filter((id) => ![...compared, ...elsewhere].includes(id));
      check(missing.length === 0, `not compared: ${missing.join(", ")}`);
    },
  },
];
