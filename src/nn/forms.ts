import type { Device } from "../device/device.ts";
import type { Kernel } from "../kernel.ts";

/** One way to compute the sums of a kernel. */
export interface Form<Arguments extends object> {
  readonly name: "registers" | "tiled" | "subgroup";
  readonly kernel: Kernel<Arguments>;
  /** Sums that it computes, wanted or not: a tile takes its time however much of it is needed. */
  readonly sums: (args: Arguments) => number;
  /** Of the subgroups that it needs. */
  readonly subgroupSize?: number;
}

/**
 * The ways to compute a kernel. All add up the same products in the same order and so give the same bits: which one runs
 * is a matter of time only, and differs between adapters.
 */
export interface Forms<Arguments extends object> {
  /** Runs on WASM, and on a device that was not tuned. */
  readonly usual: Form<Arguments>;
  readonly others: readonly Form<Arguments>[];
  /** A run to be timed, and the bytes of its storages. */
  readonly typical: { readonly [Name in keyof Arguments]: number };
}

/** The forms that a device can run, the usual one first. */
export function formsFor<Arguments extends object>(
  { kind, info }: Device,
  { usual, others }: Forms<Arguments>,
): readonly Form<Arguments>[] {
  if (kind === "wasm") return [usual];
  return [usual, ...others.filter(({ subgroupSize = info.subgroupSize }) => subgroupSize === info.subgroupSize)];
}

/** Sums that a device computes in a millisecond, by the id of a form's kernel. */
export type Rates = ReadonlyMap<string, number>;

/** What `tune` has measured. */
export const rates = new WeakMap<Device, Rates>();

/** The form that is to take the least time; the usual one on a device that was not tuned. */
export function fastest<Arguments extends object>(
  device: Device,
  { usual, others }: Forms<Arguments>,
  args: Arguments,
): Form<Arguments> {
  const measured = rates.get(device);
  const time = (form: Form<Arguments>): number =>
    form.sums(args) / (measured?.get(form.kernel.id) ?? (form === usual ? Infinity : 0));
  return others.reduce((best, form) => (time(form) < time(best) ? form : best), usual);
}

/** Queues a kernel in the form that suits the device. */
export function runFastest<Arguments extends object>(device: Device, forms: Forms<Arguments>, args: Arguments): void {
  device.run(fastest(device, forms, args).kernel, args);
}
