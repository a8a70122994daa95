import type { Device, Storage } from "../device/device.ts";
import { requireDevice } from "../inputs.ts";
import { ShaderError } from "../errors.ts";
import { Workspace } from "../device/workspace.ts";
import { type Form, type Forms, formsFor, type Rates, rates } from "./forms.ts";
import { convolutionForms } from "./convolution.ts";
import { productForms } from "./product.ts";

/** Every kernel that has more forms than one. */
export const kernelForms = [productForms, convolutionForms] as unknown as readonly Forms<object>[];

/** The form of a kernel that an adapter computes in the least time. */
export interface Choice {
  /** The kernel's path, for example `nn/product`. */
  readonly kernel: string;
  readonly form: Form<object>["name"];
  /** For each form, its time for full tiles as a multiple of the chosen form's time. */
  readonly times: Readonly<Partial<Record<Form<object>["name"], number>>>;
  /**
   * Forms that are not used on this adapter, because it does not compile them or because their bits differ from the
   * usual form's.
   */
  readonly refused: readonly Form<object>["name"][];
}

/** Measurements by adapter, shared by all devices that a process opens on it. */
const measured = new Map<string, Promise<Rates>>();

/**
 * Measures, once for each adapter and process, in which form a WebGPU device computes convolutions in the least time:
 * from registers alone, through tiles in workgroup memory, or across a subgroup. The bits of results are the same in
 * every form. The networks call it by themselves; call it before the first `conv2d` of your own. On WASM, which has one
 * form only, and on a device whose bindings are too small to measure with, it resolves to an empty list.
 * @throws DeviceError, ShaderError
 * @example const forms = (await tune(device)).map(({ kernel, form }) => `${kernel}: ${form}`);
 */
export async function tune(device: Device): Promise<readonly Choice[]> {
  requireDevice("tune", device);
  const most = Math.max(...kernelForms.flatMap(storageBytes));
  if (device.kind === "wasm" || most > device.limits.bindingBytes) return [];
  const { name, variant, subgroupSize } = device.info;
  const key = [name, variant, subgroupSize].join();
  if (!measured.has(key)) {
    const measuring = measure(device);
    measured.set(key, measuring);
    measuring.catch(() => measured.delete(key));
  }
  const found = await measured.get(key)!;
  rates.set(device, found);
  return kernelForms.map((forms) => choiceOf(formsFor(device, forms), found));
}

/** Returns the bytes of each storage of a typical run. */
const storageBytes = ({ usual, typical }: Forms<object>): number[] =>
  usual.kernel.bindings.map(({ name }) => (typical() as Record<string, number>)[name]!);

function choiceOf(forms: readonly Form<object>[], found: Rates): Choice {
  const agreed = forms.filter(({ kernel }) => found.has(kernel.id));
  const all = agreed.map(({ name, kernel }) => ({ name, rate: found.get(kernel.id)! }));
  const best = all.reduce((best, one) => (one.rate > best.rate ? one : best));
  return {
    kernel: forms[0]!.kernel.file.replace(/^kernels\/|\.wgsl$/g, ""),
    form: best.name,
    times: Object.fromEntries(all.map(({ name, rate }) => [name, best.rate / rate])),
    refused: forms.filter((form) => !agreed.includes(form)).map(({ name }) => name),
  };
}

async function measure(device: Device): Promise<Rates> {
  const found = new Map<string, number>();
  for (const forms of kernelForms) for (const [id, rate] of await measureForms(device, forms)) found.set(id, rate);
  return found;
}

/**
 * A round of all forms must take at least this many milliseconds, so that a GPU reaches its full clock and the cost of
 * starting a dispatch does not matter.
 */
const shortest = 15;
/**
 * How often each form is measured. The least time counts, because on a busy machine one measurement may take ten times
 * as long as another.
 */
const rounds = 5;

/**
 * Returns the rates of those forms of a kernel that give the bits of the usual one. They are timed in turn, so that
 * whatever else the machine does slows all of them.
 */
export async function measureForms(device: Device, all: Forms<object>): Promise<Rates> {
  using workspace = new Workspace(device);
  const args: Record<string, Storage | number> = { ...all.typical() };
  for (const { name, access } of all.usual.kernel.bindings) {
    const storage = workspace.allocate(args[name] as number);
    if (access === "read") device.write(storage, numbers(storage.bytes / 4));
    args[name] = storage;
  }
  const forms = await agreeing(device, formsFor(device, all), args);
  let runs = 1;
  const round = async (): Promise<number[]> => {
    const times: number[] = [];
    for (const { kernel } of forms) {
      await device.finish();
      const begin = performance.now();
      for (let run = 0; run < runs; run++) device.run(kernel, args);
      await device.finish();
      times.push(performance.now() - begin);
    }
    return times;
  };
  let least = await round();
  for (; totalOf(least) < shortest; least = await round()) runs *= 2;
  for (let again = 1; again < rounds; again++) {
    const times = await round();
    least = least.map((time, i) => Math.min(time, times[i]!));
  }
  return new Map(forms.map((form, i) => [form.kernel.id, (form.sums(args) * runs) / least[i]!]));
}

const totalOf = (times: readonly number[]): number => times.reduce((total, time) => total + time, 0);

/**
 * Makes numbers of both signs that use all bits of the mantissa, so that a fused multiply-add gives another result than
 * a product followed by a sum.
 */
const numbers = (length: number): Float32Array =>
  new Float32Array(length).map((_, i) => (Math.imul(i + 1, 0x9e3779b1) >> 8) / 2 ** 23);

/**
 * Returns the forms that give the same bits as the first one. All of them sum in the same order, but a compiler may
 * fuse a product and a sum in one form and not in another. A form that does not compile is left out.
 */
async function agreeing(
  device: Device,
  forms: readonly Form<object>[],
  args: Readonly<Record<string, Storage | number>>,
): Promise<readonly Form<object>[]> {
  const bitsOf = async ({ kernel }: Form<object>): Promise<Uint32Array> => {
    const written = kernel.bindings.find(({ access }) => access === "write")!;
    const result = args[written.name] as Storage;
    device.clear(result);
    device.run(kernel, args);
    return new Uint32Array(await device.read(result));
  };
  const [usual, ...others] = forms as [Form<object>, ...Form<object>[]];
  const expected = await bitsOf(usual);
  const agreed = [usual];
  for (const form of others) {
    const bits = await bitsOf(form).catch((error: unknown) => {
      if (error instanceof ShaderError) return undefined;
      throw error;
    });
    if (bits?.every((word, at) => word === expected[at])) agreed.push(form);
  }
  return agreed;
}
