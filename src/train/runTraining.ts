import { openCheckpoint, type Source } from "../checkpoint/checkpoint.ts";
import type { Device } from "../device/device.ts";
import { elementsOf } from "../shape.ts";
import type { Configuration } from "./configuration.ts";
import { train, type Schedule } from "./loop.ts";
import { beginFrom } from "./begin.ts";
import { createOptimizer, createTrainable } from "./learner.ts";
import { openState, restore, restoreOptimizer } from "./state.ts";
import type { Surroundings } from "./surroundings.ts";
import type { Trainable } from "./trainable.ts";

/** Where a run's parameters come from; drawn at random without either. */
export interface Beginning {
  /** The run's own checkpoint, to go on from. */
  readonly resume?: Source;
  /** Another checkpoint, whose tensors are taken where they fit. */
  readonly init?: Source;
}

export interface Outcome {
  readonly ending: "finished" | "interrupted";
  /** The device, in its own words. */
  readonly adapter: string;
  /** The most device memory in use at once. */
  readonly peakBytes: number;
  /** Numbers that are learned. */
  readonly learned: number;
  /** What --init had and was not taken, and what was drawn at random. */
  readonly notes: readonly string[];
}

/** A whole training run on one device, the same in every host. @throws as `train`, `openState` and `restore` do */
export async function runTraining(
  device: Device,
  configuration: Configuration,
  schedule: Omit<Schedule, "from">,
  surroundings: Surroundings,
  { resume, init }: Beginning,
): Promise<Outcome> {
  using trainable = createTrainable(device, configuration);
  using optimizer = createOptimizer(trainable, configuration);
  let from = 0;
  let notes: readonly string[] = [];
  if (resume) {
    const state = await openState(resume);
    await restore(resume.name, state.parameters, trainable.parameters);
    await restoreOptimizer(state.optimizer, optimizer);
    from = state.step;
  } else if (init) {
    notes = await beginFrom(await openCheckpoint(init, { partial: true }), init.name, trainable.parameters);
  }
  const run = { trainable, optimizer, configuration, surroundings };
  const ending = from < schedule.steps ? await train(run, { ...schedule, from }) : "finished";
  const { info, peakBytes } = device;
  return { ending, adapter: info.name, peakBytes, learned: countLearned(trainable), notes };
}

/** Numbers that a model learns. */
export const countLearned = ({ learned, parameters }: Trainable): number =>
  learned.reduce((sum, name) => sum + elementsOf(parameters[name].shape), 0);
