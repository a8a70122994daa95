import type { Configuration, CrfConfiguration } from "../../train/configuration.ts";

type Choice = Pick<Configuration, "stage" | "loss"> & {
  readonly optimizer: Configuration["optimizer"]["kind"];
  /** What the run begins from: published weights, a run of ours, or nothing. */
  readonly beginning: "published" | "own" | "nothing";
  /** Whether the CRF learns alone. */
  readonly alone: boolean;
  /** Of a typical training image. */
  readonly pixels: number;
};

export interface Defaults {
  readonly rate: number;
  readonly multipliers: CrfConfiguration["multipliers"];
}

/** Rates of the papers, for VGG's or a former stage's published weights, full width and a loss summed over 500×500 pixels. */
const paper = { fcn32s: 1e-10, fcn16s: 1e-12, fcn8s: 1e-14, "crf-rnn": 1e-13 } as const;
const paperPixels = 250_000;
const paperMultipliers: CrfConfiguration["multipliers"] = { weights: 10_000, compatibility: 1000, bandwidths: 1000 };

/**
 * Rates for a loss averaged over pixels, found on the demo's pictures and on nuclei. Inputs of a hundred in size make
 * activations as large, since He's initialization keeps them: plain gradients need small rates, Adam's steps do not.
 */
const rates = { sgd: { nothing: 1e-6, own: 1e-7 }, adam: { nothing: 1e-3, own: 1e-4 } } as const;

/** And for the CRF's parameters, whatever the network's rate is. */
const crfRates = {
  sgd: { weights: 1e-2, compatibility: 1e-3, bandwidths: 1 },
  adam: { weights: 1e-2, compatibility: 1e-3, bandwidths: 0.1 },
} as const;

/** Rates and multipliers where none are given. */
export function defaultsFor({ stage, loss, optimizer, beginning, alone, pixels }: Choice): Defaults {
  if (beginning === "published" && optimizer === "sgd" && !alone) {
    const rate = loss === "sum" ? paper[stage] : paper[stage] * paperPixels;
    return { rate, multipliers: paperMultipliers };
  }
  const crf = crfRates[optimizer];
  const averaged = alone ? crf.weights : rates[optimizer][beginning === "nothing" ? "nothing" : "own"];
  const { weights, compatibility, bandwidths } = crf;
  const multiple = (own: number): number => oneDigit(own / averaged);
  return {
    // Adam's steps do not know how large the loss is.
    rate: loss === "sum" && optimizer === "sgd" ? oneDigit(averaged / pixels) : averaged,
    multipliers: {
      weights: multiple(weights),
      compatibility: multiple(compatibility),
      bandwidths: multiple(bandwidths),
    },
  };
}

const oneDigit = (value: number): number => Number(value.toPrecision(1));

export const rateHelp = `
Rates, where --rate is not given. SGD from published weights: the papers', 1e-10 (fcn32s), 1e-12, 1e-14, 1e-13 (crf-rnn).
SGD from scratch: 1e-6 over the pixels of a typical image, or with --loss mean 1e-6; from a run's own checkpoint a tenth of
it. Adam: 1e-3, and 1e-4. The CRF's weights learn at 1e-2, its compatibility at 1e-3, as multiples of that rate.`;
