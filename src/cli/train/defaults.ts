import type { Configuration, CrfConfiguration } from "../../train/configuration.ts";

type Choice = Pick<Configuration, "stage" | "loss"> & {
  readonly optimizer: Configuration["optimizer"]["kind"];
  /** What the run begins from: published weights, a run of ours, or nothing. */
  readonly beginning: "published" | "own" | "nothing";
  /** Whether the logits are given, so that the CRF learns alone. */
  readonly alone: boolean;
  /** Of a typical training image. */
  readonly pixels: number;
};

/** Rates of the papers, for VGG's or a former stage's published weights, full width and a loss summed over 500×500 pixels. */
const paper = { fcn32s: 1e-10, fcn16s: 1e-12, fcn8s: 1e-14, "crf-rnn": 1e-13 } as const;
const paperPixels = 250_000;
const paperMultipliers: CrfConfiguration["multipliers"] = { weights: 10_000, compatibility: 1000, bandwidths: 1000 };

/** Rates for a loss averaged over pixels, where nothing published fits: from scratch, from a run of ours, the CRF alone. */
const rates = {
  sgd: { nothing: 1e-3, own: 1e-4, alone: 1e-3 },
  adam: { nothing: 1e-3, own: 1e-4, alone: 1e-2 },
} as const;
const ownMultipliers: CrfConfiguration["multipliers"] = { weights: 100, compatibility: 10, bandwidths: 1000 };

/** Deviation of the pixels of photographs, of 255, for which conv1_1 is made where nothing published fits. */
const photographs = 64;

export interface Defaults {
  readonly rate: number;
  readonly multipliers: CrfConfiguration["multipliers"];
  readonly inputDeviation: number;
}

/** Rates and multipliers where none are given. */
export function defaultsFor({ stage, loss, optimizer, beginning, alone, pixels }: Choice): Defaults {
  if (beginning === "published" && optimizer === "sgd" && !alone) {
    const rate = loss === "sum" ? paper[stage] : paper[stage] * paperPixels;
    return { rate, multipliers: paperMultipliers, inputDeviation: 1 };
  }
  const averaged = rates[optimizer][alone ? "alone" : beginning === "nothing" ? "nothing" : "own"];
  // Adam's steps do not know how large the loss is.
  const rate = loss === "sum" && optimizer === "sgd" ? oneDigit(averaged / pixels) : averaged;
  const inputDeviation = beginning === "published" ? 1 : photographs;
  if (!alone) return { rate, multipliers: ownMultipliers, inputDeviation };
  return { rate, multipliers: { weights: 1, compatibility: 1, bandwidths: 10 }, inputDeviation };
}

const oneDigit = (value: number): number => Number(value.toPrecision(1));

export const rateHelp = `
Rates, where --rate is not given. SGD from published weights: the papers', 1e-10 (fcn32s), 1e-12, 1e-14, 1e-13 (crf-rnn).
From scratch 1e-3 over the pixels of a typical image, or with --loss mean 1e-3; from a run's own checkpoint a tenth; the CRF
alone 1e-3. Adam: 1e-3, 1e-4, and the CRF alone 1e-2. The CRF's parameters learn at multiples of it, as in the paper.`;
