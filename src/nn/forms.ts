import type { Device } from "../device/device.ts";
import type { Kernel } from "../kernel.ts";
import { type Rule, ruleFor, type Speeds } from "./rules.ts";

/** One way to compute the sums of a kernel. */
export interface Form<Arguments extends object> {
  readonly name: "registers" | "tiled" | "small" | "subgroup";
  readonly kernel: Kernel<Arguments>;
  /** How many sums a dispatch computes, including those in partly filled tiles that are discarded. */
  readonly sums: (args: Arguments) => number;
  /** The number of invocations that every subgroup must have for this form; undefined if it uses no subgroups. */
  readonly subgroupSize?: number;
}

/**
 * The forms of a kernel. All of them add the same products in the same order and therefore give the same bits. They
 * differ only in speed, and which one is fastest depends on the adapter.
 */
export interface Forms<Arguments extends object> {
  /** The form that runs on WASM, and whose bits are those of all. */
  readonly usual: Form<Arguments>;
  readonly others: readonly Form<Arguments>[];
  /**
   * The arguments of a typical run for `tune` to time, or of a quarter of it, or of sixteen times as much. Bindings are
   * given as their sizes in bytes. It is a function so that bundlers leave out forms that nothing uses.
   */
  readonly typical: (scale?: number) => { readonly [Name in keyof Arguments]: number };
}

/** Returns the forms that a device can run, the usual one first. */
export function formsFor<Arguments extends object>(
  { kind, info }: Device,
  { usual, others }: Forms<Arguments>,
): readonly Form<Arguments>[] {
  if (kind === "wasm") return [usual];
  return [usual, ...others.filter(({ subgroupSize = info.subgroupSize }) => subgroupSize === info.subgroupSize)];
}

/** How many sums a device computes in a millisecond, by the id of the form's kernel. */
export type Rates = ReadonlyMap<string, number>;

/** Rates that count in place of the rule and of what was measured: for tests, and for plans of adapters that are not there. */
export const rates = new WeakMap<Device, Rates>();

/** How long a form takes: milliseconds to begin, and for each sum. */
export interface Course {
  readonly begin: number;
  readonly sum: number;
}

/** Milliseconds that a form takes for arguments of this shape. */
export const timeOf = <Arguments extends object>(
  { begin, sum }: Course,
  { sums }: Form<Arguments>,
  args: Arguments,
): number => begin + sum * sums(args);

/** What `tune` has found out about an adapter, by the ids of forms' kernels. */
export interface Tuning {
  /** Empty where the clock is too coarse to measure with. */
  readonly courses: ReadonlyMap<string, Course>;
  /** Forms that do not compile, or whose bits differ from the usual form's. */
  readonly refused: ReadonlySet<string>;
}

export const tunings = new WeakMap<Device, Tuning>();

/** The rule's form gives way to one that takes this part of its time, or less. Less of a gain may be noise. */
export const margin = 0.8;

function least<Item>(all: readonly Item[], cost: (item: Item) => number): Item {
  return all.reduce((best, item) => (cost(item) < cost(best) ? item : best));
}

/** The time that the rule gives a form, of no unit: sums that are thrown away take as long as others, and so do workgroups that are missing. */
function ruledTime<Arguments extends object>(
  rule: Rule,
  { name, kernel, sums }: Form<Arguments>,
  args: Arguments,
): number {
  const speeds: Speeds = /convolution/.test(kernel.id) ? rule.convolution : rule.product;
  const count = kernel.count(args);
  const groups = kernel.unit === "workgroup" ? count : Math.ceil(count / kernel.workgroupSize);
  return (sums(args) * Math.max(1, rule.workgroups / groups)) / (speeds[name] ?? 0);
}

/** Returns the form that the rule for this adapter takes for arguments of this shape, of those that are not refused. */
export function ruledForm<Arguments extends object>(
  device: Device,
  forms: Forms<Arguments>,
  args: Arguments,
  refused = tunings.get(device)?.refused,
): Form<Arguments> {
  const rule = ruleFor(device);
  const able = formsFor(device, forms).filter(({ kernel }) => !refused?.has(kernel.id));
  return least(able, (form) => ruledTime(rule, form, args));
}

/** Returns the rule's form, or one that was measured to take a good deal less time for arguments of this shape. */
export function fastest<Arguments extends object>(
  device: Device,
  forms: Forms<Arguments>,
  args: Arguments,
): Form<Arguments> {
  const given = rates.get(device);
  // A form without a rate takes for ever, so that the usual one stays.
  if (given)
    return least([forms.usual, ...forms.others], ({ sums, kernel }) => sums(args) / (given.get(kernel.id) ?? 0));
  const ruled = ruledForm(device, forms, args);
  const courses = tunings.get(device)?.courses;
  const time = (form: Form<Arguments>): number => {
    const course = courses?.get(form.kernel.id);
    return course ? timeOf(course, form, args) : Infinity;
  };
  const best = least([ruled, ...forms.others, forms.usual], time);
  return time(best) <= margin * time(ruled) ? best : ruled;
}

/** Queues a kernel in the form that suits the device. */
export function runFastest<Arguments extends object>(device: Device, forms: Forms<Arguments>, args: Arguments): void {
  device.run(fastest(device, forms, args).kernel, args);
}
