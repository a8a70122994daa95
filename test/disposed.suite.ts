/** What is done with things that were disposed of, or belong to another device: refused, before anything is queued. */
import type { Device } from "../src/device/device.ts";
import { open } from "../src/device/open.ts";
import { type CrfRnnError, DeviceError, DisposedError } from "../src/errors.ts";
import { allEntries, type Entry, type Given } from "./entries.ts";
import { type Case, check, rejects } from "./suite.ts";

/** Runs a call that is to be refused. @throws AssertionError if it was not, or if it queued or kept anything before */
async function refused(
  device: Device,
  kind: abstract new (...args: never[]) => CrfRnnError,
  call: () => unknown,
  what: string,
): Promise<void> {
  const before = device.bytes;
  let queued = 0;
  {
    using _observation = device.observe({ before: () => queued++ });
    await rejects<CrfRnnError>(async () => call(), kind, what);
  }
  check(queued === 0, `${what}: something was queued`);
  check(device.bytes === before, `${what}: ${device.bytes - before} bytes were kept`);
}

/** Disposes of what a call was given that is no tensor and was made in no scope. */
const finish = async (result: unknown): Promise<void> => {
  const settled = await result;
  const all = settled instanceof Map ? [...settled.values()] : [settled];
  for (const one of all) (one as Partial<Disposable> | undefined)?.[Symbol.dispose]?.();
};

async function refusesDisposed(device: Device, { name, given, call }: Entry): Promise<void> {
  using known = device.scope();
  const names = Object.keys(await given(known));
  for (const disposed of names) {
    using scope = device.scope();
    const all = await given(scope);
    (all[disposed] as Disposable)[Symbol.dispose]();
    await refused(device, DisposedError, () => call(all), `${name} with ${disposed} disposed of`);
  }
}

async function refusesForeign(device: Device, other: Device, { name, given, call }: Entry): Promise<void> {
  using own = device.scope();
  using foreign = other.scope();
  const names = Object.keys(await given(own));
  // One input has no other to differ from; a tape has no device.
  for (const strange of names.filter((one) => names.length > 1 && one !== "tape")) {
    // An optimizer leaves gradients of other parameters than its own alone.
    if (name === "Lattice.parts" || (/step/.test(name) && strange !== "gradient")) continue;
    using scope = device.scope();
    const all: Given = { ...(await given(scope)), [strange]: (await given(foreign))[strange] };
    await refused(device, DeviceError, () => call(all), `${name} with ${strange} of another device`);
  }
}

export const cases: Case[] = [
  {
    name: "every export refuses each argument that was disposed of, before it queues anything",
    async run(device) {
      for (const entry of allEntries()) await refusesDisposed(device, entry);
    },
  },
  {
    name: "every export takes the same arguments while they live",
    async run(device) {
      for (const { name, given, call } of allEntries()) {
        using scope = device.scope();
        const all = await given(scope);
        // Empty objects are no state of a network; what is held has to be let go.
        if (/load$/.test(name)) continue;
        await finish(call(all));
        if (name === "Tensor.hold") all.values.letGo();
      }
    },
  },
  {
    name: "every export refuses tensors of two devices",
    async run(device) {
      using other = await open({ prefer: "wasm", threads: 1 });
      for (const entry of allEntries()) await refusesForeign(device, other, entry);
    },
  },
  {
    name: "everything of a disposed device is refused",
    async run(device) {
      const other = await open({ prefer: device.kind, threads: device.kind === "wasm" ? 1 : undefined });
      const tensor = other.tensor([4, 5, 3]);
      const { storage } = tensor;
      const scope = other.scope();
      other.dispose();
      const calls: Record<string, () => unknown> = {
        tensor: () => other.tensor([1]),
        empty: () => other.empty([1]),
        labels: () => other.labels([1], [0]),
        scope: () => other.scope(),
        "scope.tensor": () => scope.tensor([1]),
        allocate: () => other.allocate(4),
        write: () => other.write(storage, new Float32Array(60)),
        read: () => other.read(storage),
        copy: () => other.copy(storage, storage),
        clear: () => other.clear(storage),
        finish: () => other.finish(),
        export: () => other.export(tensor),
        "tensor.read": () => tensor.read(),
        "tensor.write": () => tensor.write(new Float32Array(60)),
      };
      for (const [name, call] of Object.entries(calls)) await rejects(async () => call(), DisposedError, name);
      // Disposing of what a device that is gone had made is harmless, in any order and again.
      for (const one of [scope, tensor, other, tensor]) one.dispose();
    },
  },
];
