import type { Device, Storage } from "../src/device/device.ts";
import { Workspace } from "../src/device/workspace.ts";
import type { Kernel } from "../src/kernel.ts";

/** One run of a kernel as the library made it, to be repeated any number of times on copies of its arguments. */
export interface Call<Arguments> extends Disposable {
  /** The kernel, in the form that ran. */
  readonly kernel: Kernel<Arguments>;
  readonly args: Arguments;
  /** Queues the copies that restore the arguments to their values before the first run. */
  restore(): void;
  /** Queues the kernel. */
  run(): void;
}

/**
 * The run of `kernel`, in any of its forms, that moves most `bytes` while `queue` works on `device`, or undefined if there
 * was none. Arguments are copied as they are just before that run.
 */
export async function capture<Arguments extends object>(
  device: Device,
  kernel: Kernel<Arguments>,
  bytes: (args: Arguments) => number,
  queue: () => unknown,
): Promise<Call<Arguments> | undefined> {
  let largest: { readonly bytes: number; readonly call: Call<Arguments> } | undefined;
  using _observation = device.observe({
    before({ kernel: called, args }) {
      const own = args as unknown as Arguments;
      if ((called.formOf ?? called.id) !== kernel.id || bytes(own) <= (largest?.bytes ?? 0)) return;
      largest?.call[Symbol.dispose]();
      largest = { bytes: bytes(own), call: copyCall(device, called as unknown as Kernel<Arguments>, own) };
    },
  });
  await queue();
  await device.finish();
  return largest?.call;
}

function copyCall<Arguments extends object>(
  device: Device,
  kernel: Kernel<Arguments>,
  args: Arguments,
): Call<Arguments> {
  const workspace = new Workspace(device);
  const copyOf = (storage: Storage): Storage => {
    const copy = workspace.allocate(storage.bytes);
    device.copy(storage, copy);
    return copy;
  };
  /** Two arguments may be one and the same memory, and so must be their copies. */
  const copies: { readonly of: Storage; readonly copy: Storage }[] = [];
  const written: { readonly former: Storage; readonly copy: Storage }[] = [];
  const copied = { ...args } as Record<string, Storage | number>;
  for (const { name, access } of kernel.bindings) {
    const storage = copied[name] as Storage;
    let found = copies.find(({ of }) => sameMemory(of, storage));
    if (!found) copies.push((found = { of: storage, copy: copyOf(storage) }));
    copied[name] = found.copy;
    if (access === "write") written.push({ former: copyOf(storage), copy: found.copy });
  }
  return {
    kernel,
    args: copied as Arguments,
    restore: () => written.forEach(({ former, copy }) => device.copy(former, copy)),
    run: () => device.run(kernel, copied as Arguments),
    [Symbol.dispose]: () => workspace[Symbol.dispose](),
  };
}

const sameMemory = (a: Storage, b: Storage): boolean =>
  a.handle === b.handle && a.offset === b.offset && a.bytes === b.bytes;
