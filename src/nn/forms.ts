import type { Device } from "../device/device.ts";
import type { Kernel } from "../kernel.ts";

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
  /** The form that runs on WASM and on devices that were not tuned. */
  readonly usual: Form<Arguments>;
  readonly others: readonly Form<Arguments>[];
  /**
   * The arguments of a typical run for `tune` to time. Bindings are given as their sizes in bytes. It is a function so
   * that bundlers leave out forms that nothing uses.
   */
  readonly typical: () => { readonly [Name in keyof Arguments]: number };
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

/** The rates that `tune` has measured. */
export const rates = new WeakMap<Device, Rates>();

/** Returns the form that is expected to take the least time, or the usual one on a device that was not tuned. */
export function fastest<Arguments extends object>(
  device: Device,
  { usual, others }: Forms<Arguments>,
  args: Arguments,
): Form<Arguments> {
  const measured = rates.get(device);
  // A form that was not measured takes for ever, so that the usual one stays.
  const time = (form: Form<Arguments>): number => form.sums(args) / (measured?.get(form.kernel.id) ?? 0);
  return others.reduce((best, form) => (time(form) < time(best) ? form : best), usual);
}

/** Queues a kernel in the form that suits the device. */
export function runFastest<Arguments extends object>(device: Device, forms: Forms<Arguments>, args: Arguments): void {
  device.run(fastest(device, forms, args).kernel, args);
}
