import { FormatError } from "../errors.ts";
import { type Configuration, configurationDifferences, type Difference } from "./configuration.ts";

/**
 * The settings that may change when a run is resumed, with their flags: how gradients become steps. Everything else
 * that a run's bits depend on stays as in the checkpoint. `memory` says whether the optimizer's moments are kept or
 * begin anew; moments from a rate at which a run diverged would make it diverge again.
 */
export const settings = {
  rate: { flag: "--rate", path: "optimizer.rate", memory: "anew" },
  clip: { flag: "--clip", path: "optimizer.clip", memory: "anew" },
  momentum: { flag: "--momentum", path: "optimizer.momentum", memory: "anew" },
  decay: { flag: "--decay", path: "optimizer.decay", memory: "anew" },
  multipliers: { flag: "--multipliers", path: "crf.multipliers", memory: "anew" },
  warmUp: { flag: "--warm-up", path: "optimizer.warmUp", memory: "stands" },
  schedule: { flag: "--schedule", path: "optimizer.schedule", memory: "stands" },
} as const;

export type Setting = keyof typeof settings;

/** Flags that may always differ, because no bit of a checkpoint depends on them, or because only the host does. */
export const freeFlags =
  "--steps --epochs --validate-every --save-every --patience --val --val-images --host --device --adapter --threads --plain-simd --distributed --json --quiet".split(
    " ",
  );

const all = Object.entries(settings) as [Setting, (typeof settings)[Setting]][];

const settingOf = (path: string) => all.find(([, own]) => path === own.path || path.startsWith(`${own.path}.`));

/**
 * Returns the configuration with which a run goes on, up to `steps`: what the flags explicitly ask for, and otherwise
 * what the checkpoint has.
 */
export function goOnWith(
  there: Configuration,
  asked: Configuration,
  said: ReadonlySet<Setting>,
  steps: number,
): Configuration {
  const from = (setting: Setting): Configuration => (said.has(setting) ? asked : there);
  const { schedule } = from("schedule").optimizer;
  const crf = asked.crf && { ...asked.crf, multipliers: from("multipliers").crf?.multipliers ?? asked.crf.multipliers };
  const optimizer = {
    kind: asked.optimizer.kind,
    rate: from("rate").optimizer.rate,
    momentum: from("momentum").optimizer.momentum,
    decay: from("decay").optimizer.decay,
    clip: from("clip").optimizer.clip,
    warmUp: from("warmUp").optimizer.warmUp,
    rates: asked.optimizer.rates,
    schedule: schedule.kind === "poly" || schedule.kind === "cosine" ? { ...schedule, steps } : schedule,
  };
  return { ...asked, crf, optimizer };
}

/** Splits the differences into settings that may change and values that may not. */
export function compare(
  there: Configuration,
  here: Configuration,
): { readonly changed: readonly Difference[]; readonly refused: readonly Difference[] } {
  const differing = configurationDifferences(there, here);
  return {
    changed: differing.filter(({ path }) => settingOf(path)),
    refused: differing.filter(({ path }) => !settingOf(path)),
  };
}

/** @throws FormatError where a run of one configuration cannot go on with another, naming what differs */
export function requireSame(file: string, there: Configuration, here: Configuration, remedy: string): void {
  const { refused } = compare(there, here);
  if (refused.length === 0) return;
  const words = refused.map((each) => `${each.path}: ${each.there ?? "nothing"} there, ${each.here ?? "nothing"} here`);
  throw new FormatError({
    file,
    expected: "a run of this configuration",
    got: `another: ${words.join("; ")}`,
    remedy,
  });
}

/** Whether what the optimizer remembers is of use after these changes. */
export const keepsMemory = (changed: readonly Difference[]): boolean =>
  changed.every(({ path }) => settingOf(path)?.[1].memory === "stands");

/** `rate 0.001 instead of 1, clip 1 instead of none` */
export const describeChanges = (changed: readonly Difference[]): string =>
  changed
    .map(
      ({ path, there = "none", here = "none" }) => `${path.slice(path.indexOf(".") + 1)} ${here} instead of ${there}`,
    )
    .join(", ");
