import { type Configuration, configurationDifferences, type Difference } from "./configuration.ts";

/**
 * What may be set anew when a run goes on, with the flag that sets it: how gradients become steps. All else that a run's bits
 * depend on stays as the checkpoint has it. `memory`: whether what the optimizer remembers stands, or begins anew; that of a
 * rate at which a run diverged would carry it away again.
 */
export const settings = {
  rate: { flag: "--rate", path: "optimizer.rate", memory: "anew" },
  clip: { flag: "--clip", path: "optimizer.clip", memory: "anew" },
  momentum: { flag: "--momentum", path: "optimizer.momentum", memory: "anew" },
  decay: { flag: "--decay", path: "optimizer.decay", memory: "anew" },
  multipliers: { flag: "--multipliers", path: "crf.multipliers", memory: "anew" },
  schedule: { flag: "--schedule", path: "optimizer.schedule", memory: "stands" },
} as const;

export type Setting = keyof typeof settings;

/** Flags that no bit of a checkpoint depends on, or on the host alone: they may differ as they like. */
export const freeFlags =
  "--steps --epochs --validate-every --save-every --val --val-images --host --device --threads --json --quiet".split(
    " ",
  );

const all = Object.entries(settings) as [Setting, (typeof settings)[Setting]][];

const settingOf = (path: string) => all.find(([, own]) => path === own.path || path.startsWith(`${own.path}.`));

/**
 * What a run goes on with, up to `steps`: what is asked for, and where that was not said in so many words, what the checkpoint
 * has.
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
    schedule: schedule.kind === "poly" ? { ...schedule, steps } : schedule,
  };
  return { ...asked, crf, optimizer };
}

/** What may differ and does, and what may not. */
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
