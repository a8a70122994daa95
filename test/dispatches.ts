/** What the library runs, dispatch by dispatch: recorded on a WASM device, to be run again on any other. */
import { type Device, type Storage, view } from "../src/device/device.ts";
import { openWasm } from "../src/device/wasm.ts";
import type { Binding, Kernel } from "../src/kernel.ts";

/** One dispatch: its arguments, the contents of its bindings before, and of those it writes after. */
export interface Dispatch {
  readonly kernel: Kernel<Record<string, Storage | number>>;
  readonly args: Record<string, Storage | number>;
  readonly before: Contents;
  readonly after: Contents;
}

/** The bindings that a kernel writes. */
export const written = ({ bindings }: Dispatch["kernel"]): readonly Binding[] =>
  bindings.filter(({ access }) => access === "write");

export const asFloats = (words: Uint32Array): Float32Array =>
  new Float32Array(words.buffer, words.byteOffset, words.length);

function contents(bindings: readonly Binding[], args: Dispatch["args"]): Record<string, Uint32Array> {
  return Object.fromEntries(
    bindings.map(({ name }) => {
      const { handle, offset, bytes } = args[name] as Storage;
      return [name, new Uint32Array((handle as WebAssembly.Memory).buffer.slice(offset, offset + bytes))];
    }),
  );
}

/** What `work` runs on a WASM device that takes itself for `kind`, where an op works differently on each. */
export async function record(kind: Device["kind"], work: (device: Device) => Promise<void>): Promise<Dispatch[]> {
  const dispatches: Dispatch[] = [];
  using device = await openWasm({ threads: 1 });
  Object.defineProperty(device, "kind", { value: kind });
  let before: Contents = {};
  using _observation = device.observe({
    before: ({ kernel, args }) => (before = contents(kernel.bindings, args)),
    after({ kernel: called, args }) {
      const kernel = called as Dispatch["kernel"];
      dispatches.push({ kernel, args, before, after: contents(written(kernel), args) });
    },
  });
  await work(device);
  return dispatches;
}

/** Memory of `device` that holds what the bindings of a dispatch held before it. */
function storagesOf(device: Device, { before }: Omit<Dispatch, "after">): Record<string, Storage> {
  return Object.fromEntries(
    Object.entries(before).map(([name, data]) => {
      const storage = device.allocate(data.byteLength);
      device.write(storage, data);
      return [name, storage];
    }),
  );
}

/** Contents of bindings, by name. */
export type Contents = Readonly<Record<string, Uint32Array>>;

/** Runs a recorded dispatch on `device`; gives the contents of what it writes. */
export async function replay(device: Device, dispatch: Omit<Dispatch, "after">): Promise<Record<string, Uint32Array>> {
  const { kernel, args } = dispatch;
  const storages = storagesOf(device, dispatch);
  device.run(kernel, { ...args, ...storages });
  const after: Record<string, Uint32Array> = {};
  for (const { name } of written(kernel)) after[name] = new Uint32Array(await device.read(storages[name]!));
  for (const storage of Object.values(storages)) device.release(storage);
  return after;
}

/** A word of a binding in place of the one that was recorded. */
export interface Change {
  readonly name: string;
  readonly index: number;
  readonly bits: number;
}

/** What a dispatch writes with each of the changes by itself; all is read back at once. */
export async function replayChanged(
  device: Device,
  dispatch: Omit<Dispatch, "after">,
  changes: readonly Change[],
): Promise<Contents[]> {
  const { kernel, args, before } = dispatch;
  const outputs = written(kernel).map(({ name }) => ({ name, bytes: before[name]!.byteLength }));
  const total = outputs.reduce((sum, { bytes }) => sum + bytes, 0);
  const storages = storagesOf(device, dispatch);
  const unwritten = storagesOf(device, dispatch);
  const results = device.allocate(total * changes.length);
  let to = 0;
  for (const { name, index, bits } of changes) {
    for (const { name } of outputs) device.copy(unwritten[name]!, storages[name]!);
    const word = view(storages[name]!, index * 4, 4);
    device.write(word, Uint32Array.of(bits));
    device.run(kernel, { ...args, ...storages });
    for (const { name, bytes } of outputs) {
      device.copy(storages[name]!, view(results, to, bytes));
      to += bytes;
    }
    device.write(word, before[name]!.subarray(index, index + 1));
  }
  const words = new Uint32Array(await device.read(results));
  for (const storage of [results, ...Object.values(storages), ...Object.values(unwritten)]) device.release(storage);
  let at = 0;
  return changes.map(() =>
    Object.fromEntries(outputs.map(({ name, bytes }) => [name, words.subarray(at / 4, (at += bytes) / 4)])),
  );
}
