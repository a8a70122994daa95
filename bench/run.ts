import type { Device, DeviceInfo } from "../src/device/device.ts";
import { number, requireDescribed } from "../src/description.ts";
import { open, type OpenOptions } from "../src/device/open.ts";
import { WebGpuDevice } from "../src/device/webgpu.ts";
import { ValueError } from "../src/errors.ts";
import { requireDevice } from "../src/inputs.ts";
import { type Choice, tune } from "../src/nn/tune.ts";
import { type Names, requireOptions } from "../src/options.ts";
import { type Abortable, requireUnaborted } from "../src/turn.ts";
import { capture } from "./capture.ts";
import { type Ceilings, leastTime, measureCeilings } from "./ceilings.ts";
import type { Composite } from "./composite.ts";
import { composites } from "./composites.ts";
import { type Floor, kernelName } from "./floor.ts";
import { floors } from "./floors.ts";
import type { AdapterModel } from "./gpu/adapters.ts";
import { modelOfDevice, predictCall, predictRun } from "./gpu/predictions.ts";
import type { Scene } from "./scene.ts";
import { type Length, repeat, type Stopwatch, type Timing, wallClock } from "./stopwatch.ts";
import { timestamps } from "./timestamps.ts";
import { Workload } from "./workload.ts";

/** What `runBench` measures, where and for how long. The options of `open` are for the device that it opens, if none is given. */
export interface BenchOptions
  extends Pick<OpenOptions, "prefer" | "adapter" | "threads" | "simd" | "worker">, Abortable {
  /** An open device, which stays the caller's; nothing else may use it meanwhile. Default: one of its own, closed at the end. */
  readonly device?: Device;
  /** Measures only lines whose name matches this regular expression. Default: all (see `names`). */
  readonly only?: string;
  /** Time for each line. Default: 0.5. */
  readonly seconds?: number;
  /** Ends it, also amid a line: the result has the lines that were measured before. During the ceilings it ends as `signal` does. */
  readonly enough?: AbortSignal;
  /** Hears of each line when it has been measured. */
  readonly onLine?: (line: KernelResult | CompositeResult) => void;
}

const optionNames: Names<BenchOptions> = {
  prefer: true,
  adapter: true,
  threads: true,
  simd: true,
  worker: true,
  device: true,
  only: true,
  seconds: true,
  enough: true,
  onLine: true,
  signal: true,
};

/** A kernel, in one run of it: what it must move and compute, and what of the device's best it reaches. */
export interface KernelResult extends Timing {
  readonly name: string;
  readonly bytes: number;
  readonly operations: number;
  readonly gigabytesPerSecond: number;
  readonly gigaflopsPerSecond: number;
  /** The least time that the ceilings allow over the least time measured. */
  readonly shareOfCeiling: number;
  /** The milliseconds that the model of this GPU predicts, if there is one: see bench/gpu. */
  readonly predicted?: number;
}

/** Something made of kernels, which a user waits for. */
export interface CompositeResult extends Timing {
  readonly name: string;
  /** The most device memory in use at once. */
  readonly peakBytes: number;
  readonly bytesInPlay: number;
  readonly peakOverInPlay: number;
  /** GFLOP/s, by the operations of the definition, where these are counted. */
  readonly gigaflopsPerSecond?: number;
  /** The milliseconds that the model of this GPU predicts, if there is one. */
  readonly predicted?: number;
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

export const nameOf = ({ kernel }: Floor<object>): string => kernelName(kernel);

/** The names of all lines, in their order. */
export const names = [...floors.map(nameOf), ...composites.map(({ name }) => name)];

/** Whether the line of this name is asked for by the regular expression. */
export const isSelected = (name: string, only = ""): boolean => new RegExp(only).test(name);

/**
 * Measures the ceilings, then kernels, then composites; `progress` hears of each line, the first being "ceilings", before it is measured.
 * @throws ValueError for options that are unknown or out of range, AbortError, DeviceError; everything made is given back then
 * @example
 * const scene = makeScene(undefined, { height: 30, width: 40 });
 * const { kernels } = await runBench(scene, { prefer: "wasm", only: "^lattice/blur", seconds: 0.01 });
 */
export async function runBench(
  scene: Scene,
  options: BenchOptions = {},
  progress: (name: string) => void = () => {},
): Promise<BenchResult> {
  requireOptions("runBench", options, optionNames);
  const { device, only = "", seconds: given = 0.5, enough, onLine = () => {}, signal, ...opening } = options;
  requireDescribed("runBench", "seconds", seconds, given);
  requirePattern(only);
  requireUnaborted("runBench", signal);
  const signals = [signal, enough].filter((one) => one !== undefined);
  const length: Length = { seconds: given, signal: signals.length > 0 ? AbortSignal.any(signals) : undefined };
  const hasEnough = (): boolean => enough?.aborted === true && signal?.aborted !== true;
  const following: Following = { length, progress, onLine, hasEnough };
  if (device === undefined) {
    using own = await open({ ...opening, warnings: false });
    return await measureOn(own, scene, only, following);
  }
  requireDevice("runBench", device);
  return await measureOn(device, scene, only, following);
}

/** How long lines are measured, who hears of them, and whether what was measured is all that is wanted. */
interface Following {
  readonly length: Length;
  readonly progress: (name: string) => void;
  readonly onLine: (line: KernelResult | CompositeResult) => void;
  readonly hasEnough: () => boolean;
}

/** @throws ValueError for what is no regular expression, or matches no line */
function requirePattern(only: string): void {
  const refuse = (expected: string, cause?: unknown): never => {
    throw new ValueError({ where: "runBench", expected: `only: ${expected}`, got: `'${only}'` }, { cause });
  };
  try {
    new RegExp(only);
  } catch (cause) {
    refuse("a regular expression", cause);
  }
  if (!names.some((name) => isSelected(name, only))) refuse("a pattern that matches one of names");
}

const seconds = number(0.5, { above: 0 });

async function measureOn(device: Device, scene: Scene, only: string, following: Following): Promise<BenchResult> {
  const { length, progress, onLine, hasEnough } = following;
  const stopwatch = stopwatchFor(device);
  const model = modelOfDevice(device);
  progress("ceilings");
  const ceilings = await measureCeilings(device, stopwatch, length);
  const choices = await tune(device);
  const kernels: KernelResult[] = [];
  const unused: string[] = [];
  const measured: CompositeResult[] = [];
  try {
    for (const floor of floors.filter((each) => isSelected(nameOf(each), only))) {
      progress(nameOf(floor));
      using workload = new Workload(device, scene);
      const result = await measureKernel(workload, floor, stopwatch, ceilings, length, model);
      if (result) kernels.push(result);
      else unused.push(nameOf(floor));
      if (result) onLine(result);
    }
    for (const composite of composites.filter(({ name }) => isSelected(name, only))) {
      progress(composite.name);
      using workload = new Workload(device, scene);
      const result = await measureComposite(workload, composite, length, model);
      measured.push(result);
      onLine(result);
    }
  } catch (error) {
    if (!hasEnough() || (error as Error).name !== "AbortError") throw error;
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
  length: Length,
  model: AdapterModel | undefined,
): Promise<KernelResult | undefined> {
  const { device } = workload;
  using call = await capture(device, floor.kernel, floor.bytes, () => floor.queue(workload, device));
  if (!call) return undefined;
  const timing = await repeat(() => {
    call.restore();
    return stopwatch.time(call.run);
  }, length);
  const predicted = model && predictCall(model, call.kernel, call.args);
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
    ...(predicted !== undefined && { predicted }),
  };
}

async function measureComposite(
  workload: Workload,
  composite: Composite,
  length: Length,
  model: AdapterModel | undefined,
): Promise<CompositeResult> {
  const { device } = workload;
  const { run, bytesInPlay, operations, dispose } = await composite.prepare(workload);
  const stopwatch = wallClock(device);
  let timing: Timing;
  let peakBytes: number;
  let predicted: number | undefined;
  try {
    predicted = model && (await predictRun(model, device, run));
    device.resetPeak();
    timing = await repeat(() => stopwatch.time(run), length);
    ({ peakBytes } = device);
  } finally {
    dispose?.();
  }
  const gigaflopsPerSecond = operations === undefined ? undefined : operations / timing.least / 1e6;
  const peakOverInPlay = peakBytes / bytesInPlay;
  const { name } = composite;
  const prediction = predicted === undefined ? {} : { predicted };
  return { name, ...timing, peakBytes, bytesInPlay, peakOverInPlay, gigaflopsPerSecond, ...prediction };
}
