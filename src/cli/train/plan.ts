import { decodeImage } from "../../data/images.ts";
import type { Configuration } from "../../train/configuration.ts";
import { countLearned } from "../../train/countLearned.ts";
import type { Timetable } from "../../train/loop.ts";
import { estimateBytes } from "../../train/memory.ts";
import { bestOf, describeGain, gainOf, meanIUOf, type Metric } from "../../train/metrics.ts";
import { bestFile } from "../../train/surroundings.ts";
import type { Outcome } from "../../train/runTraining.ts";
import type { Traffic } from "../../distributed/mpiRanks.ts";
import type { Images } from "./images.ts";

/** The plan of a run, for `--dry-run`. */
export interface TrainPlan {
  readonly stage: Configuration["stage"];
  readonly images: { readonly train: number; readonly val: number };
  readonly classes: number;
  readonly steps: number;
  readonly epochs: number;
  readonly optimizer: Configuration["optimizer"]["kind"];
  readonly rate: number;
  readonly learned: number;
  /** The largest training image. */
  readonly largest: { readonly height: number; readonly width: number };
  /** Device memory of a step on it, estimated. */
  readonly bytes: number;
}

export async function planOf(
  images: Images,
  configuration: Configuration,
  { steps }: Pick<Timetable, "steps">,
): Promise<TrainPlan> {
  const { stage, batch, optimizer } = configuration;
  const { free, stored } = countLearned(configuration);
  let largest = { height: 0, width: 0 };
  for (const item of images.train) {
    const { height, width } = await decodeImage(await item.imageBytes(), item.image);
    if (height * width > largest.height * largest.width) largest = { height, width };
  }
  const { crop = Infinity } = configuration.augmentation;
  const cropped = { height: Math.min(largest.height, crop), width: Math.min(largest.width, crop) };
  return {
    stage,
    images: { train: images.train.length, val: images.val.length },
    classes: images.classes.length,
    steps,
    epochs: (steps * batch) / images.train.length,
    optimizer: optimizer.kind,
    rate: optimizer.rate,
    learned: free,
    largest,
    bytes: estimateBytes(configuration, stored, cropped),
  };
}

export function describePlan(plan: TrainPlan): string {
  const { images, largest } = plan;
  return [
    `stage       ${plan.stage}, ${plan.classes} classes`,
    `images      ${images.train} to train on, ${images.val} to validate by, the largest ${largest.width} × ${largest.height}`,
    `steps       ${plan.steps} (${plan.epochs.toFixed(1)} epochs) of ${plan.optimizer} at rate ${plan.rate}`,
    `parameters  ${plan.learned.toLocaleString("en-US")} learned numbers`,
    `memory      about ${mebibytes(plan.bytes)} for a step on the largest image`,
    "Nothing was trained or written.",
  ].join("\n");
}

export function describeOutcome(
  out: string,
  { ending, adapter, peakBytes }: Outcome,
  metrics: readonly Metric[],
): string {
  const steps = metrics.filter((metric) => metric.event === "step");
  const validation = metrics.findLast((metric) => metric.event === "validation");
  const lines = [
    `${out}: ${endings[ending]} after step ${steps.at(-1)?.step ?? 0} on ${adapter}, at most ${mebibytes(peakBytes)}`,
  ];
  if (validation) {
    const { network, crf } = validation;
    lines.push(
      `network        mean IU ${network.meanIU.toFixed(4)}, pixel accuracy ${network.pixelAccuracy.toFixed(4)}`,
    );
    const gain = gainOf(metrics, validation);
    const best = bestOf(metrics)!;
    if (crf)
      lines.push(`network + CRF  mean IU ${crf.meanIU.toFixed(4)}, pixel accuracy ${crf.pixelAccuracy.toFixed(4)}`);
    if (gain) lines.push(describeGain(gain));
    if (best.step !== validation.step) {
      lines.push(`${bestFile}: mean IU ${meanIUOf(best).toFixed(4)} after step ${best.step}, the best`);
    }
  }
  if (ending === "interrupted") lines.push("Add --resume to go on.");
  return lines.join("\n");
}

const endings = {
  finished: "finished",
  interrupted: "interrupted",
  patience: "ended, as its validations came to nothing better,",
} as const;

export const describeTraffic = ({ ranks, library, bytes, waited }: Traffic): string =>
  `${ranks} ranks over ${library}; the first sent ${mebibytes(bytes)} and waited ${waited.toFixed(1)} s for sums`;

const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20).toLocaleString("en-US")} MiB`;
