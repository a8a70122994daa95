import type { Device } from "../../src/device/device.ts";
import { open } from "../../src/device/open.ts";
import { tune } from "../../src/nn/tune.ts";
import type { AdapterModel } from "./adapters.ts";
import { observeLoads, type PlannedDispatch } from "./loads.ts";
import { hostTime, predict } from "./model.ts";
import { Recorder, type RecordedLimits, type Tally } from "./recorder.ts";
import { answer, nothingTold, tell, type Told } from "./replay.ts";
import { prepare, type WorkOptions } from "./works.ts";

/**
 * Bindings of WebGPU's default limit, or as large as NVIDIA's driver allows. Buffers are large in both, since the weights
 * of fc6 are one buffer of 411 MB.
 */
export const limitSets = {
  default: { bindingBytes: 2 ** 27, bufferBytes: 2 ** 32 - 4 },
  large: { bindingBytes: 2 ** 31 - 4, bufferBytes: 2 ** 32 - 4 },
} as const satisfies Record<string, RecordedLimits>;

/** One pass, as it was queued. */
export interface RecordedPass {
  readonly dispatches: readonly PlannedDispatch[];
  /** How many dispatches had been queued at each submission. */
  readonly submittedAt: readonly number[];
  readonly tally: Readonly<Tally>;
  /** The most bytes that were in use, as the device counts them, and that buffers had, idle ones included. */
  readonly usedBytes: number;
  readonly peakBufferBytes: number;
}

/** What would be done on a GPU: the first pass, and one in the steady state. */
export interface Plan {
  readonly adapter: AdapterModel;
  readonly limits: RecordedLimits;
  readonly first: RecordedPass;
  readonly again: RecordedPass;
}

/** Passes that run before the one that counts as steady: pools have filled by then. */
const passesBefore = 3;

/** Milliseconds that a GPU takes to say that it has nothing to do, where its clock is no use to `tune`. */
const coarse = 10;

/** What data tell of this work, by a run on WebAssembly. It is the same for all GPUs. */
export const tellOf = async (options: WorkOptions): Promise<Told> =>
  options.work === "fcn8s" ? nothingTold : await tell(options, passesBefore + 1);

/** Records what the work queues on a GPU, of which only the description is there. @throws Error if what was told does not fit */
export async function recordPlan(
  adapter: AdapterModel,
  limits: RecordedLimits,
  options: WorkOptions,
  told: Told,
): Promise<Plan> {
  const recorder = new Recorder(adapter, limits);
  using device = await open({ gpu: recorder.gpu, warnings: false });
  leaveOutValues(device);
  await tuneByRule(device, recorder);
  using work = prepare(device, options);
  const left = answer(device, told);
  const passes: RecordedPass[] = [];
  for (let pass = 0; pass <= passesBefore; pass++) passes.push(await record(device, recorder, work.run, told));
  if (left() > 0)
    throw new Error(`gpu:plan: ${left()} of what WebAssembly read back was not asked for: the plan is not true`);
  return { adapter, limits, first: passes[0]!, again: passes.at(-1)! };
}

async function record(device: Device, recorder: Recorder, run: () => Promise<void>, told: Told): Promise<RecordedPass> {
  const dispatches: PlannedDispatch[] = [];
  const submittedAt: number[] = [];
  await device.finish();
  recorder.reset();
  device.resetPeak();
  recorder.onSubmit = () => void submittedAt.push(dispatches.length);
  // Kernels that do not tell the lattice by its vertices may be at work on any.
  const longest = Math.max(1, ...told.longestLists.values());
  using _observation = observeLoads(device, dispatches, (vertices) => told.longestLists.get(vertices) ?? longest);
  await run();
  return {
    dispatches,
    submittedAt,
    tally: recorder.tally,
    usedBytes: device.peakBytes,
    peakBufferBytes: recorder.peakBytes,
  };
}

/** Tensors are made without their values: nothing computes with them, and a network has half a gigabyte. */
function leaveOutValues(device: Device): void {
  const tensor = device.tensor.bind(device);
  device.tensor = (shape, _, layout) => tensor(shape, undefined, layout);
}

/**
 * Lets `tune` find out that this GPU's clock is too coarse to measure with, as Firefox's is: what it would measure is the
 * recorder. So every kernel takes the form that the rule for the adapter takes.
 */
async function tuneByRule(device: Device, recorder: Recorder): Promise<void> {
  recorder.idleMilliseconds = coarse;
  await tune(device);
  recorder.idleMilliseconds = 0;
}

/** Milliseconds of a pass: on the GPU, on the processor beside it, and of the slower of both. */
export interface PlannedTime {
  readonly gpu: number;
  readonly host: number;
  readonly whole: number;
}

/** Both work at once, as long as neither waits for the other. */
export function timeOf(adapter: AdapterModel, { dispatches, tally }: RecordedPass): PlannedTime {
  const gpu = dispatches.reduce((sum, load) => sum + predict(adapter, load).milliseconds, 0);
  const host = hostTime(adapter, dispatches.length, tally.roundTrips);
  return { gpu, host, whole: Math.max(gpu, host) };
}
