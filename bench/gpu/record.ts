import type { Device } from "../../src/device/device.ts";
import { open } from "../../src/device/open.ts";
import { formsFor, rates } from "../../src/nn/forms.ts";
import { kernelForms } from "../../src/nn/tune.ts";
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
  planForms(device, adapter);
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

/** Lets every kernel take the form that the model gives the most sums. What `tune` would measure here is the recorder. */
function planForms(device: Device, { teraflops, shares }: AdapterModel): void {
  const found = kernelForms.flatMap((forms) => {
    const ofForms = shares[forms.usual.kernel.id === "product" ? "product" : "convolution"];
    return formsFor(device, forms).map(
      ({ name, kernel }) => [kernel.id, teraflops * (ofForms[name] ?? ofForms.registers)] as const,
    );
  });
  rates.set(device, new Map(found));
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
