import type { Device, DeviceInfo } from "../src/device/device.ts";
import { open, type OpenOptions } from "../src/device/open.ts";
import { WebGpuDevice } from "../src/device/webgpu.ts";
import { type Choice, tune } from "../src/nn/tune.ts";
import { capture } from "./capture.ts";
import { type Ceilings, leastTime, measureCeilings } from "./ceilings.ts";
import type { Composite } from "./composite.ts";
import { composites } from "./composites.ts";
import type { Floor } from "./floor.ts";
import { floors } from "./floors.ts";
import type { Scene } from "./scene.ts";
import { repeat, type Stopwatch, type Timing, wallClock } from "./stopwatch.ts";
import { timestamps } from "./timestamps.ts";
import { Workload } from "./workload.ts";

export interface BenchOptions extends Pick<OpenOptions, "prefer" | "threads" | "simd"> {
  /** Measures only lines whose name matches this regular expression. */
  readonly only?: string;
  /** Time for each line. */
  readonly seconds: number;
}

/** A kernel, in one run of it. */
export interface KernelResult extends Timing {
  readonly name: string;
  readonly bytes: number;
  readonly operations: number;
  readonly gigabytesPerSecond: number;
  readonly gigaflopsPerSecond: number;
  /** The least time that the ceilings allow over the least time measured. */
  readonly shareOfCeiling: number;
}

export interface CompositeResult extends Timing {
  readonly name: string;
  /** The most device memory in use at once. */
  readonly peakBytes: number;
  readonly bytesInPlay: number;
  readonly peakOverInPlay: number;
  /** GFLOP/s, by the operations of the definition, where these are counted. */
  readonly gigaflopsPerSecond?: number;
}

/** What a run of the benchmark found; times in milliseconds, rates from the least time. */
export interface BenchResult {
  readonly device: DeviceInfo & { readonly kind: string };
  /** How kernels and ceilings were timed; composites always by the wall clock. */
  readonly timer: Stopwatch["kind"];
  readonly points: number;
  readonly classes: number;
  readonly vertices: { readonly bilateral: number; readonly spatial: number };
  readonly ceilings: Ceilings;
  /** Which form runs of the kernels that have several. */
  readonly choices: readonly Choice[];
  readonly kernels: readonly KernelResult[];
  /** Kernels that this device does without. */
  readonly unused: readonly string[];
  readonly composites: readonly CompositeResult[];
}

/** `kernels/lattice/blur.wgsl` → `lattice/blur` */
export const nameOf = ({ kernel }: Floor<object>): string => kernel.file.replace(/^kernels\/|\.wgsl$/g, "");

/** The names of all lines, in their order. */
export const names = [...floors.map(nameOf), ...composites.map(({ name }) => name)];

/** Whether the line of this name is asked for by the regular expression. */
export const isSelected = (name: string, only = ""): boolean => new RegExp(only).test(name);

/** Measures the ceilings, then kernels, then composites; `progress` hears of each line before it is measured. */
export async function runBench(
  scene: Scene,
  { prefer, threads, simd, only, seconds }: BenchOptions,
  progress: (name: string) => void,
): Promise<BenchResult> {
  using device = await open({ prefer, threads, simd, warnings: false });
  const stopwatch = stopwatchFor(device);
  progress("ceilings");
  const ceilings = await measureCeilings(device, stopwatch, seconds);
  const choices = await tune(device);
  const kernels: KernelResult[] = [];
  const unused: string[] = [];
  for (const floor of floors.filter((each) => isSelected(nameOf(each), only))) {
    progress(nameOf(floor));
    using workload = new Workload(device, scene);
    const result = await measureKernel(workload, floor, stopwatch, ceilings, seconds);
    if (result) kernels.push(result);
    else unused.push(nameOf(floor));
  }
  const measured: CompositeResult[] = [];
  for (const composite of composites.filter(({ name }) => isSelected(name, only))) {
    progress(composite.name);
    using workload = new Workload(device, scene);
    measured.push(await measureComposite(workload, composite, seconds));
  }
  using workload = new Workload(device, scene);
  const [bilateral, spatial] = [await workload.bilateral(), await workload.spatial()];
  return {
    device: { kind: device.kind, ...device.info },
    timer: stopwatch.kind,
    points: workload.points,
    classes: workload.classes,
    vertices: { bilateral: bilateral.vertices, spatial: spatial.vertices },
    ceilings,
    choices,
    kernels,
    unused,
    composites: measured,
  };
}

function stopwatchFor(device: Device): Stopwatch {
  const timed = device instanceof WebGpuDevice && device.gpu.features.has("timestamp-query");
  return timed ? timestamps(device) : wallClock(device);
}

async function measureKernel(
  workload: Workload,
  floor: Floor<object>,
  stopwatch: Stopwatch,
  ceilings: Ceilings,
  seconds: number,
): Promise<KernelResult | undefined> {
  const { device } = workload;
  using call = await capture(device, floor.kernel, floor.bytes, () => floor.queue(workload, device));
  if (!call) return undefined;
  const timing = await repeat(() => {
    call.restore();
    return stopwatch.time(call.run);
  }, seconds);
  const moved = floor.bytes(call.args);
  const computed = floor.operations(call.args);
  return {
    name: nameOf(floor),
    ...timing,
    bytes: moved,
    operations: computed,
    gigabytesPerSecond: moved / timing.least / 1e6,
    gigaflopsPerSecond: computed / timing.least / 1e6,
    shareOfCeiling: leastTime(ceilings, moved, computed) / timing.least,
  };
}

async function measureComposite(workload: Workload, composite: Composite, seconds: number): Promise<CompositeResult> {
  const { device } = workload;
  const { run, bytesInPlay, operations, dispose } = await composite.prepare(workload);
  const stopwatch = wallClock(device);
  device.resetPeak();
  const timing = await repeat(() => stopwatch.time(run), seconds);
  const { peakBytes } = device;
  dispose?.();
  const gigaflopsPerSecond = operations === undefined ? undefined : operations / timing.least / 1e6;
  const peakOverInPlay = peakBytes / bytesInPlay;
  return { name: composite.name, ...timing, peakBytes, bytesInPlay, peakOverInPlay, gigaflopsPerSecond };
}
