import type { Stage, TrainingImage, TrainingOptions } from "crf-rnn/train";

/** What the reader sets; it holds from the next beginning on. */
export type Settings = typeof usualSettings;

export const stages = ["fcn32s", "fcn16s", "fcn8s", "crf-rnn"] as const satisfies readonly Stage[];
export const sources = ["shapes", "folder"] as const;
export const beginnings = ["nothing", "learned"] as const;

/** Pixels on a side, and shares of VGG-16's channels as 1 / n, that can be chosen. */
export const sizes = [32, 48, 64, 80, 96, 128];
export const shares = [32, 16, 8, 4];

/**
 * Chosen so that a step takes some 45 ms of WebAssembly on two threads (68 on one), the loss falls within seconds, and within a minute the CRF
 * is visibly better than the network below it.
 */
export const usualSettings = {
  source: "shapes" as (typeof sources)[number],
  /** Of a drawn picture, or of the longer side of one of the reader's. */
  size: 64,
  /** How many are drawn to learn from. */
  pictures: 60,
  stage: "crf-rnn" as Stage,
  /** The channels are 1 / share of VGG-16's. */
  share: 16,
  dropout: 0.2,
  rate: 0.001,
  batch: 1,
  network: true,
  weights: true,
  compatibility: true,
  bandwidths: true,
  iterations: 3,
  alpha: 20,
  beta: 20,
  gamma: 3,
  spatial: 1,
  bilateral: 3,
  seed: 1,
  begin: "nothing" as (typeof beginnings)[number],
};

export const settingLimits = {
  source: sources,
  size: [32, 128],
  pictures: [4, 200],
  stage: stages,
  share: [4, 32],
  dropout: [0, 0.5],
  rate: [1e-5, 0.1],
  batch: [1, 8],
  iterations: [1, 10],
  alpha: [1, 160],
  beta: [1, 100],
  gamma: [0.5, 20],
  spatial: [0, 10],
  bilateral: [0, 10],
  seed: [1, 9999],
  begin: beginnings,
} as const;

/**
 * Bandwidths move at this multiple of the rate: with Adam, 0.01 pixels a step at most. The command line's 0.1 would carry θγ below 0
 * within some thirty steps.
 */
export const bandwidthMultiplier = 10;

/** The package's options for settings; the names and values are also those of the command line's flags. */
export function optionsOf(
  settings: Settings,
  classes: readonly string[],
  images: readonly TrainingImage[],
): TrainingOptions {
  const { stage, share, dropout, rate, batch, seed, weights, compatibility, bandwidths } = settings;
  const { iterations, alpha, beta, gamma, spatial, bilateral } = settings;
  return {
    classes,
    images,
    stage,
    width: 1 / share,
    dropout,
    rate,
    batch,
    seed,
    optimizer: "adam",
    ...(stage === "crf-rnn" && {
      crf: {
        iterations,
        bilateral: { position: alpha, color: beta, weight: bilateral },
        spatial: { position: gamma, weight: spatial },
        learn: { weights, compatibility, bandwidths },
        multipliers: { bandwidths: bandwidthMultiplier },
        network: settings.network || settings.begin === "nothing",
      },
    }),
  };
}

/** Whether a run of these settings is one of those, too. What begins a run anew does not tell. */
export const sameRun = (these: Settings, those: Settings): boolean =>
  (Object.keys(usualSettings) as (keyof Settings)[]).every((name) => these[name] === those[name]);
