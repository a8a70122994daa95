/** What the library runs, dispatch by dispatch: recorded on a WASM device, to be run again on any other. */
import type { Device, Storage } from "../src/device/device.ts";
import { openWasm } from "../src/device/wasm.ts";
import type { Binding, Kernel } from "../src/kernel.ts";

/** One dispatch: its arguments, the contents of its bindings before, and of those it writes after. */
export interface Dispatch {
  readonly kernel: Kernel<Record<string, Storage | number>>;
  readonly count: number;
  readonly args: Record<string, Storage | number>;
  readonly before: Record<string, Uint32Array>;
  readonly after: Record<string, Uint32Array>;
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

/** Memory of `device` that holds what the bindings of a dispatch held before it. */
export function storagesOf(device: Device, { before }: Omit<Dispatch, "after">): Record<string, Storage> {
  return Object.fromEntries(
    Object.entries(before).map(([name, data]) => {
      const storage = device.allocate(data.byteLength);
      device.write(storage, data);
      return [name, storage];
    }),
  );
}

/** Runs a recorded dispatch on `device`; gives the contents of what it writes. */
export async function replay(
  device: Device,
  dispatch: Omit<Dispatch, "after">,
): Promise<Record<string, Uint32Array>> {
  const { kernel, count, args } = dispatch;
  const storages = storagesOf(device, dispatch);
  device.run(kernel, count, { ...args, ...storages });
  const after: Record<string, Uint32Array> = {};
  for (const { name } of written(kernel)) after[name] = new Uint32Array(await device.read(storages[name]));
  for (const storage of Object.values(storages)) device.release(storage);
  return after;
}
