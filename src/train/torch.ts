import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { isOfOptimizer } from "../checkpoint/moments.ts";
import type { PoolScales } from "../checkpoint/publicNetworks.ts";
import type { Plain } from "../checkpoint/pytorchWriter.ts";
import { type TorchGroup, torchRunOf } from "../checkpoint/torchRun.ts";
import { FormatError } from "../errors.ts";
import { poolScales } from "../models/specification.ts";
import { type Configuration, parseConfiguration, scheduleOf } from "./configuration.ts";
import { ratesOf } from "./learner.ts";

/** The factors of pooling layers in the network that a run trains; none where a checkpoint is of no run. */
export const poolScalesIn = ({ metadata }: Checkpoint): PoolScales =>
  poolScales[parseConfiguration(metadata.configuration)?.network?.scales ?? "staged"];

/**
 * A checkpoint of `train` in PyTorch's words, the optimizer's memory included.
 * @throws FormatError for one that is none, or without the optimizer's memory
 */
export function torchObjectOf(checkpoint: Checkpoint, file: string): Plain {
  const { tensors, metadata } = checkpoint;
  const configuration = parseConfiguration(metadata.configuration);
  const names = [...tensors.keys()].filter((name) => !isOfOptimizer(name));
  if (!configuration || names.length === tensors.size) {
    throw new FormatError({
      file,
      expected: "a checkpoint of crf-rnn train with the optimizer's memory, as RUN/checkpoint.safetensors",
      got: configuration ? "parameters alone" : "one that is no run's",
      remedy: "leave --for out: the .pth is a state dictionary then",
    });
  }
  const { kind, momentum } = configuration.optimizer;
  return torchRunOf(checkpoint, { kind, momentum, groups: groupsOf(names, configuration, Number(metadata.step)) });
}

/** Parameters that learn alike, in the order of their first. */
function groupsOf(names: readonly string[], configuration: Configuration, step: number): TorchGroup[] {
  const schedule = scheduleOf(configuration.optimizer);
  // A schedule may end at 0, which nothing can be divided by.
  const rate = schedule(step) || schedule(step - 1) || configuration.optimizer.rate;
  const multipliers = ratesOf(names, configuration);
  const groups = new Map<string, { readonly names: string[]; readonly factor: number; readonly decay: number }>();
  for (const name of names) {
    const { rate: factor = 1, decay: share = 1 } = multipliers[name]!;
    if (factor === 0) continue;
    const decay = configuration.optimizer.decay * share;
    const key = `${factor} ${decay}`;
    if (!groups.has(key)) groups.set(key, { names: [], factor, decay });
    groups.get(key)!.names.push(name);
  }
  return [...groups.values()].map((group) => ({ ...group, rate: rate * group.factor }));
}
