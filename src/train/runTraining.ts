import { openCheckpoint, type Source } from "../checkpoint/checkpoint.ts";
import type { Device } from "../device/device.ts";
import { DeviceError } from "../errors.ts";
import { type Configuration, type Difference, checkedConfiguration } from "./configuration.ts";
import { countLearned } from "./countLearned.ts";
import { compare, describeChanges, keepsMemory, requireSame } from "./goingOn.ts";
import { type Ending, type Timetable, train } from "./loop.ts";
import { beginFrom } from "./begin.ts";
import { requireAlike, requireSameParameters, spreadTensors } from "./alike.ts";
import { requireFreedom } from "./freedom.ts";
import { differenceTo, madeBy } from "./made.ts";
import type { Ranks } from "./ranks.ts";
import type { Run } from "./run.ts";
import { createOptimizer, createTrainable } from "./learner.ts";
import { type Best, openState, restore, restoreOptimizer } from "./state.ts";
import type { Surroundings } from "./surroundings.ts";
import { hasCrf } from "./storedModel.ts";

/** The source of a run's parameters. They are initialized at random if neither is given. */
export interface Beginning {
  /** The run's own checkpoint, to go on from. */
  readonly resume?: Source;
  /** Another checkpoint, whose tensors are taken where they fit. */
  readonly init?: Source;
  /** Whether to refuse to go on where another build, host or device may compute other bits. Default: it is told in `notes`. */
  readonly exact?: boolean;
}

export interface Outcome {
  readonly ending: Ending;
  /** The name that the device gives itself. */
  readonly adapter: string;
  /** The most device memory in use at once. */
  readonly peakBytes: number;
  /** Numbers that are learned. */
  readonly learned: number;
  /**
   * Notes: which tensors of --init were not used, which parameters were initialized at random, and what changed on
   * resuming.
   */
  readonly notes: readonly string[];
}

/**
 * Trains on one device, the same in every host, and resolves when the run has ended. Its metrics and files go to the surroundings.
 * @throws ValueError where a number is not finite, with the layer or parameter where it first appears, and for a configuration that
 * is none; FormatError for a checkpoint that does not fit; LimitError, DeviceError; what the surroundings throw
 * @example
 * const train = [drawShapes(1, 0, 24), drawShapes(1, 1, 24)];
 * const options = { classes: shapeClasses.map(({ name }) => name), images: train, width: 1 / 64, steps: 2 };
 * const configuration = await trainingConfiguration(options);
 * const timetable = trainingTimetable(options);
 * const surroundings = memorySurroundings({ train });
 * await runTraining(device, configuration, timetable, surroundings);
 * const resume = bytesSource(surroundings.files.get(checkpointFile)!); // and on for two steps more
 * await runTraining(device, configuration, { ...timetable, steps: 4 }, surroundings, { resume });
 */
export async function runTraining(
  device: Device,
  configuration: Configuration,
  timetable: Timetable,
  surroundings: Surroundings,
  { resume, init, exact }: Beginning = {},
): Promise<Outcome> {
  configuration = checkedConfiguration("runTraining", configuration);
  using trainable = createTrainable(device, configuration);
  using optimizer = createOptimizer(trainable, configuration);
  if (surroundings.ranks) await requireAlike(surroundings.ranks, device);
  let [from, best]: [number, Best | undefined] = [0, undefined];
  // Logits that are given, too, are of a network that knows nothing of the CRF.
  let apart = configuration.crf !== undefined && configuration.network === undefined;
  let notes: readonly string[] = [];
  const made = madeBy(device);
  if (resume) {
    const state = await openState(resume);
    requireSame(resume.name, state.configuration, configuration, "pass the configuration that openState(resume) has");
    const other = state.made && differenceTo(state.made, made);
    if (other !== undefined && exact) throw otherBits(resume.name, other);
    const { changed } = compare(state.configuration, configuration);
    await restore(resume.name, state.parameters, trainable.parameters);
    if (keepsMemory(changed)) await restoreOptimizer(state.optimizer, optimizer);
    [from, best] = [state.step, state.best];
    if (from < timetable.steps && changed.length > 0) {
      await surroundings.record({ event: "change", step: from, settings: changed });
      notes = [noteOf(changed, from)];
    }
    if (other !== undefined && from < timetable.steps)
      notes = [...notes, `bits may differ from an unbroken run's: ${other}`];
  } else if (init) {
    const checkpoint = await openCheckpoint(init, { partial: true });
    notes = await beginFrom(checkpoint, init.name, trainable.parameters);
    apart ||= configuration.crf !== undefined && !hasCrf(checkpoint);
  }
  await requireFreedom(trainable.parameters, configuration);
  const { ranks } = surroundings;
  if (ranks) [from, best] = await beginTogether(ranks, { trainable, optimizer }, from, best);
  const run = { trainable, optimizer, configuration, surroundings, made };
  const ending = from < timetable.steps ? await train(run, { ...timetable, from, best, apart }) : "finished";
  const { info, peakBytes } = device;
  return { ending, adapter: info.name, peakBytes, learned: countLearned(configuration).free, notes };
}

/** The error for a checkpoint that goes on elsewhere though its bits are to stay. */
const otherBits = (file: string, got: string): DeviceError =>
  new DeviceError({
    where: file,
    expected: "the build, host and device that the checkpoint was computed by",
    got,
    remedy:
      "go on there, or leave --exact out; --device wasm --plain-simd from the first step on computes the same bits in every host",
  });

/** Gives every rank the state that the first one has; returns the number of steps done. */
async function beginTogether(
  ranks: Ranks,
  { trainable, optimizer }: Pick<Run, "trainable" | "optimizer">,
  from: number,
  best: Best | undefined,
): Promise<[step: number, best: Best | undefined]> {
  const said = Float64Array.of(from, optimizer.steps, best?.step ?? NaN, best?.meanIU ?? NaN, best?.waited ?? NaN);
  const done = await ranks.spread(new Uint8Array(said.buffer));
  const [step, steps, bestStep, meanIU, waited] = new Float64Array(done.slice().buffer);
  optimizer.steps = steps!;
  await spreadTensors(ranks, [...Object.values(trainable.parameters), ...Object.values(optimizer.moments)]);
  await requireSameParameters(ranks, trainable.parameters, step!);
  return [step!, Number.isNaN(bestStep) ? undefined : { step: bestStep!, meanIU: meanIU!, waited: waited! }];
}

function noteOf(changed: readonly Difference[], step: number): string {
  const memory = keepsMemory(changed) ? "" : ", the optimizer's memory begun anew";
  return `went on from step ${step} with ${describeChanges(changed)}${memory}; bits differ from an unbroken run's`;
}
