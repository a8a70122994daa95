import type { Device, Storage } from "../device/device.ts";
import { requireDevice } from "../inputs.ts";
import { ShaderError } from "../errors.ts";
import { Workspace } from "../device/workspace.ts";
import {
  type Course,
  fastest,
  type Form,
  type Forms,
  formsFor,
  rates,
  ruledForm,
  timeOf,
  type Tuning,
  tunings,
} from "./forms.ts";
import { convolutionForms } from "./convolution.ts";
import { clockOf, type TuningClock } from "./tuningClock.ts";
import { productForms } from "./product.ts";

/** Every kernel that has more forms than one. */
export const kernelForms = [productForms, convolutionForms] as unknown as readonly Forms<object>[];

/** The form in which an adapter computes a typical run of a kernel. Others may run for other shapes. */
export interface Choice {
  /** The kernel's path, for example `nn/product`. */
  readonly kernel: string;
  readonly form: Form<object>["name"];
  /** The form that the adapter's vendor and the shape speak for. It runs unless another was measured to take 0.8 of its time or less. */
  readonly rule: Form<object>["name"];
  /** What forms were timed by; `none` where the clock is too coarse, so that the rule stands. */
  readonly clock: TuningClock["kind"] | "none";
  /** For each form that was timed, its time for the typical run as a multiple of the chosen form's time. */
  readonly times: Readonly<Partial<Record<Form<object>["name"], number>>>;
  /**
   * Forms that are not used on this adapter, because it does not compile them or because their bits differ from the
   * usual form's.
   */
  readonly refused: readonly Form<object>["name"][];
}

interface Measured extends Tuning {
  readonly clock?: TuningClock["kind"];
}

/** Measurements by adapter, shared by all devices that a process opens on it. */
const measured = new Map<string, Promise<Measured>>();

/**
 * Measures, once for each adapter and process, in which form a WebGPU device computes convolutions in the least time:
 * from registers alone, through tiles in workgroup memory, or across a subgroup. The bits of results are the same in
 * every form. Before, and where nothing can be measured, a rule for the adapter's vendor and the shape takes the form; a
 * measurement takes another only for a gain of a fifth or more in every round. The networks call `tune` by themselves; call it
 * before the first `conv2d` of your own. On WASM, which has one form only, and on a device whose bindings are too small to
 * measure with, or whose rates are given, it resolves to an empty list.
 * @throws DeviceError, ShaderError
 * @example const forms = (await tune(device)).map(({ kernel, form }) => `${kernel}: ${form}`);
 */
export async function tune(device: Device): Promise<readonly Choice[]> {
  requireDevice("tune", device);
  const most = Math.max(...kernelForms.flatMap(storageBytes));
  if (device.kind === "wasm" || most > device.limits.bindingBytes || rates.has(device)) return [];
  const { name, vendor, model, variant, subgroupSize } = device.info;
  const key = [name, vendor, model, variant, subgroupSize].join();
  if (!measured.has(key)) {
    const measuring = measure(device);
    measured.set(key, measuring);
    measuring.catch(() => measured.delete(key));
  }
  const found = await measured.get(key)!;
  tunings.set(device, found);
  device.pace = paceOf(device, found);
  return kernelForms.map((forms) => choiceOf(device, forms, found));
}

/** Returns the bytes of each storage of a typical run. */
const storageBytes = ({ usual, typical }: Forms<object>): number[] =>
  usual.kernel.bindings.map(({ name }) => (typical() as Record<string, number>)[name]!);

/** The operations in a millisecond of the kernel that computes fastest; undefined where nothing was measured. */
function paceOf(device: Device, { courses }: Measured): number | undefined {
  const paces = kernelForms.flatMap((forms) => {
    const typical = forms.typical();
    const form = fastest(device, forms, typical);
    const course = courses.get(form.kernel.id);
    return course ? [form.kernel.operations!(typical) / timeOf(course, form, typical)] : [];
  });
  return paces.length > 0 ? Math.max(...paces) : undefined;
}

function choiceOf(device: Device, forms: Forms<object>, { clock, courses, refused }: Measured): Choice {
  const typical = forms.typical();
  const chosen = fastest(device, forms, typical);
  const time = (form: Form<object>): number => timeOf(courses.get(form.kernel.id)!, form, typical);
  const all = formsFor(device, forms);
  const timed = all.filter(({ kernel }) => courses.has(kernel.id));
  return {
    kernel: forms.usual.kernel.file.replace(/^kernels\/|\.wgsl$/g, ""),
    form: chosen.name,
    rule: ruledForm(device, forms, typical).name,
    clock: (courses.has(chosen.kernel.id) && clock) || "none",
    times: Object.fromEntries(timed.map((form) => [form.name, time(form) / time(chosen)])),
    refused: all.filter(({ kernel }) => refused.has(kernel.id)).map(({ name }) => name),
  };
}

async function measure(device: Device): Promise<Measured> {
  const [courses, refused] = [new Map<string, Course>(), new Set<string>()];
  const clock = await clockOf(device);
  for (const forms of kernelForms) {
    const found = await measureForms(device, forms, clock);
    for (const [id, course] of found.courses) courses.set(id, course);
    for (const id of found.refused) refused.add(id);
  }
  return { clock: clock?.kind, courses, refused };
}

/** A typical run that takes less than this many milliseconds leaves an adapter idle that is much wider. */
const brief = 1;

/**
 * Times those forms of a kernel that give the bits of the usual one, on a typical run and on one that is much larger, or smaller where
 * the adapter has enough to do with the first: two points that tell what each form takes to begin, and for a sum.
 */
export async function measureForms(
  device: Device,
  all: Forms<object>,
  clock: TuningClock | undefined,
): Promise<Tuning> {
  const usual = argumentsOf(device, all, 1);
  try {
    const able = formsFor(device, all);
    const forms = await agreeing(device, able, usual.args);
    const refused = new Set(able.filter((form) => !forms.includes(form)).map(({ kernel }) => kernel.id));
    const nothing: Tuning = { courses: new Map(), refused };
    if (forms.length === 1 || !clock) return nothing;
    const ruled = ruledForm(device, all, usual.args, refused);
    const typical = await timesOf(device, forms, ruled, usual.args, clock);
    if (!typical) return nothing;
    const other = argumentsOf(device, all, typical.get(ruled)! < brief ? 16 : 1 / 4);
    try {
      const others = await timesOf(device, forms, ruled, other.args, clock);
      if (!others) return nothing;
      const courses = forms.map((form): [string, Course] => {
        const points = [[usual.args, typical] as const, [other.args, others] as const];
        const [few, many] = points
          .map(([args, times]) => [form.sums(args), times.get(form)!] as const)
          .sort(([a], [b]) => a - b) as [[number, number], [number, number]];
        return [form.kernel.id, courseThrough(few, many)];
      });
      return { courses: new Map(courses), refused };
    } finally {
      other.workspace[Symbol.dispose]();
    }
  } finally {
    usual.workspace[Symbol.dispose]();
  }
}

/** The course of a form that takes `time` for `sums`, and `more` for `many`; both parts are at least 0. */
function courseThrough([sums, time]: readonly [number, number], [many, more]: readonly [number, number]): Course {
  const sum = Math.min(more / many, Math.max(0, (more - time) / (many - sums)));
  return { begin: Math.max(0, more - sum * many), sum };
}

/** The arguments of a typical run, times `scale`, with memory that is given back with the workspace. */
function argumentsOf(device: Device, { usual, typical }: Forms<object>, scale: number) {
  const workspace = new Workspace(device);
  const args: Record<string, Storage | number> = { ...typical(scale) };
  for (const { name, access } of usual.kernel.bindings) {
    const storage = workspace.allocate(args[name] as number);
    if (access === "read") device.write(storage, numbers(storage.bytes / 4));
    args[name] = storage;
  }
  return { workspace, args };
}

/** How often forms are timed, in turn, so that whatever else the machine does slows all of them. */
const rounds = 5;

/** A clock by which runs have not taken long enough in so many milliseconds of the processor's clock stands still, or nearly. */
const longest = 1000;

/** Steps of the clock that the shortest of times must have for two of them to make no difference. */
const fewestSteps = 20;

/** The step of a clock that has shown these times: the greatest that all are multiples of, in whole nanoseconds. */
const stepOf = (times: readonly number[]): number =>
  times
    .map((time) => Math.round(time * 1e6))
    .reduce((a, b) => {
      while (b > 0) [a, b] = [b, a % b];
      return a;
    }, 0) / 1e6;

/**
 * Returns milliseconds of one run of each form, such that noise speaks for the rule's form: its least time, and of the others
 * the longest but one, since on a busy machine one measurement may take ten times as long as another. Undefined where the clock tells nothing.
 */
async function timesOf(
  device: Device,
  forms: readonly Form<object>[],
  ruled: Form<object>,
  args: Readonly<Record<string, Storage | number>>,
  clock: TuningClock,
): Promise<ReadonlyMap<Form<object>, number> | undefined> {
  let runs = 1;
  const seen: number[] = [];
  const round = async (): Promise<number[]> => {
    const times: number[] = [];
    for (const { kernel } of forms) {
      times.push(
        await clock.time(() => {
          for (let run = 0; run < runs; run++) device.run(kernel, args);
        }),
      );
    }
    seen.push(...times);
    return times;
  };
  const began = performance.now();
  let first = await round();
  while (!(Math.min(...first) >= clock.shortest)) {
    if (runs >= clock.mostRuns || performance.now() - began > longest) return undefined;
    runs *= 2;
    first = await round();
  }
  const all = [first];
  while (all.length < rounds) all.push(await round());
  if (Math.min(...all.flat()) < fewestSteps * stepOf(seen)) return undefined;
  return new Map(
    forms.map((form, i) => {
      const times = all.map((times) => times[i]!).sort((a, b) => a - b);
      return [form, (form === ruled ? times[0]! : times.at(-2)!) / runs];
    }),
  );
}

/** So many numbers differ; then they come again, since to make each would take longer than to run the forms. */
const distinct = 2 ** 16;

/**
 * Makes numbers of both signs that use all bits of the mantissa, so that a fused multiply-add gives another result than
 * a product followed by a sum.
 */
function numbers(length: number): Float32Array {
  const all = new Float32Array(length);
  for (let i = 0; i < Math.min(length, distinct); i++) all[i] = (Math.imul(i + 1, 0x9e3779b1) >> 8) / 2 ** 23;
  for (let made = distinct; made < length; made *= 2) all.copyWithin(made, 0, made);
  return all;
}

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
