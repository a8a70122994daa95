import { openCheckpoint, type Source } from "../checkpoint/checkpoint.ts";
import type { Device } from "../device/device.ts";
import { elementsOf } from "../shape.ts";
import type { Configuration, Difference } from "./configuration.ts";
import { compare, describeChanges, keepsMemory } from "./goingOn.ts";
import { type Timetable, train } from "./loop.ts";
import { beginFrom } from "./begin.ts";
import { createOptimizer, createTrainable } from "./learner.ts";
import { openState, restore, restoreOptimizer } from "./state.ts";
import type { Surroundings } from "./surroundings.ts";
import type { Trainable } from "./trainable.ts";

/** The source of a run's parameters. They are initialized at random if neither is given. */
export interface Beginning {
  /** The run's own checkpoint, to go on from. */
  readonly resume?: Source;
  /** Another checkpoint, whose tensors are taken where they fit. */
  readonly init?: Source;
}

export interface Outcome {
  readonly ending: "finished" | "interrupted";
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

/** A whole training run on one device, the same in every host. @throws as `train`, `openState` and `restore` do */
export async function runTraining(
  device: Device,
  configuration: Configuration,
  timetable: Omit<Timetable, "from">,
  surroundings: Surroundings,
  { resume, init }: Beginning,
): Promise<Outcome> {
  using trainable = createTrainable(device, configuration);
  using optimizer = createOptimizer(trainable, configuration);
  let from = 0;
  let notes: readonly string[] = [];
  if (resume) {
    const state = await openState(resume);
    const { changed } = compare(state.configuration, configuration);
    await restore(resume.name, state.parameters, trainable.parameters);
    if (keepsMemory(changed)) await restoreOptimizer(state.optimizer, optimizer);
    from = state.step;
    if (from < timetable.steps && changed.length > 0) {
      await surroundings.record({ event: "change", step: from, settings: changed });
      notes = [noteOf(changed, from)];
    }
  } else if (init) {
    notes = await beginFrom(await openCheckpoint(init, { partial: true }), init.name, trainable.parameters);
  }
  const run = { trainable, optimizer, configuration, surroundings };
  const ending = from < timetable.steps ? await train(run, { ...timetable, from }) : "finished";
  const { info, peakBytes } = device;
  return { ending, adapter: info.name, peakBytes, learned: countLearned(trainable), notes };
}

function noteOf(changed: readonly Difference[], step: number): string {
  const memory = keepsMemory(changed) ? "" : ", the optimizer's memory begun anew";
  return `went on from step ${step} with ${describeChanges(changed)}${memory}; bits differ from an unbroken run's`;
}

/** Numbers that a model learns. */
export const countLearned = ({ learned, parameters }: Trainable): number =>
  learned.reduce((sum, name) => sum + elementsOf(parameters[name]!.shape), 0);
