/**
 * WebGPU against WASM, kernel by kernel: everything that the library runs on WASM is recorded with what each kernel read
 * and wrote, and replayed on the device under test from the same inputs, so that the first kernel that differs is named.
 */
import * as kernels from "../build/kernels.ts";
import type { Device, Storage } from "../src/device/device.ts";
import { openWasm } from "../src/device/wasm.ts";
import type { Binding, Kernel } from "../src/kernel.ts";
import { formsFor } from "../src/nn/forms.ts";
import { kernelForms } from "../src/nn/tune.ts";
import { type Case, check, close, maximum, same } from "./suite.ts";
import { filterAll, works } from "./works.ts";

/** One dispatch: its arguments, the contents of its bindings before, and of those it writes after. */
interface Dispatch {
  readonly kernel: Kernel<Record<string, Storage | number>>;
  readonly count: number;
  readonly args: Record<string, Storage | number>;
  readonly before: Record<string, Uint32Array>;
  readonly after: Record<string, Uint32Array>;
}

const written = ({ bindings }: Dispatch["kernel"]): readonly Binding[] =>
  bindings.filter(({ access }) => access === "write");

function contents(bindings: readonly Binding[], args: Dispatch["args"]): Record<string, Uint32Array> {
  return Object.fromEntries(
    bindings.map(({ name }) => {
      const { handle, offset, bytes } = args[name] as Storage;
      return [name, new Uint32Array((handle as WebAssembly.Memory).buffer.slice(offset, offset + bytes))];
    }),
  );
}

/** What `work` runs on a WASM device that takes itself for `kind`, where an op works differently on each. */
async function record(kind: Device["kind"], work: (device: Device) => Promise<void>): Promise<Dispatch[]> {
  const dispatches: Dispatch[] = [];
  using device = await openWasm({ threads: 1 });
  const run = device.run.bind(device);
  Object.defineProperties(device, {
    kind: { value: kind },
    run: {
      value(kernel: Dispatch["kernel"], count: number, args: Dispatch["args"]) {
        const before = contents(kernel.bindings, args);
        run(kernel, count, args);
        dispatches.push({ kernel, count, args, before, after: contents(written(kernel), args) });
      },
    },
  });
  await work(device);
  return dispatches;
}

/** Runs a recorded dispatch on `device`; gives the contents of what it writes. */
async function replay(
  device: Device,
  { kernel, count, args, before }: Omit<Dispatch, "after">,
): Promise<Record<string, Uint32Array>> {
  const storages = Object.fromEntries(
    Object.entries(before).map(([name, data]) => {
      const storage = device.allocate(data.byteLength);
      device.write(storage, data);
      return [name, storage];
    }),
  );
  device.run(kernel, count, { ...args, ...storages });
  const after: Record<string, Uint32Array> = {};
  for (const { name } of written(kernel)) after[name] = new Uint32Array(await device.read(storages[name]));
  for (const storage of Object.values(storages)) device.release(storage);
  return after;
}

const asFloats = (words: Uint32Array): Float32Array => new Float32Array(words.buffer, words.byteOffset, words.length);

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

/** Bindings whose contents a kernel leaves undefined: cursors on WASM, untouched on WebGPU. */
const undefinedAfter = ["sortScatter starts"];

/**
 * The races of insertion leave keys in other slots; what an entry finds in its own is the same, unless the table is full
 * (status[2]) and the insertion to be repeated in a larger one.
 */
function found({ slots, entrySlots, status }: Record<string, Uint32Array>): Uint32Array {
  return status[2] === 0 ? entrySlots.map((slot) => slots[slot]) : status;
}

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
    const actual = await replay(device, { ...dispatch, kernel, count: form.count(dispatch.args) });
    for (const { name } of written(kernel)) same(actual[name], expected[name], `${what}, as ${kernel.file}: ${name}`);
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
    else {
      const defined = written(kernel).filter(({ name }) => !undefinedAfter.includes(`${kernel.id} ${name}`));
      for (const binding of defined) checkBinding(binding, actual[binding.name], after[binding.name], what);
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
        // Only WASM orders its vertices; what sorts them in one round there has no room on a GPU.
        ...(await checkTwins(
          device,
          (await record("wasm", filterAll)).filter(({ kernel }) => /^order/.test(kernel.id)),
        )),
      ];
      // Run only beyond a binding, or a block; their own suites compare them with what is exact, on both devices.
      const elsewhere = ["channels", "scanAdd"];
      // Of the forms WASM has none, and SwiftShader and Deno no subgroups of 8; test/device/webgpu.test.ts has them all.
      const forms = kernelForms.flatMap((each) => formsFor(device, each)).map(({ kernel }) => kernel.id);
      const library = Object.values(kernels)
        .filter(({ file, id, formOf }) => !file.startsWith("kernels/bench/") && (!formOf || forms.includes(id)))
        .map(({ id }) => id);
      const missing = library.filter((id) => ![...compared, ...elsewhere].includes(id));
      check(missing.length === 0, `not compared: ${missing.join(", ")}`);
    },
  },
];
