import { publishedCrfRates } from "../models/multipliers.ts";
import { type Configuration, type CrfConfiguration, isAveraged } from "./configuration.ts";

type Kind = Configuration["optimizer"]["kind"];

/** What a run's parameters begin from: published weights of the whole network, some of its layers, a run of ours, or nothing. */
export type BeginningKind = "published" | "part" | "own" | "nothing";

type RunKind = Pick<Configuration, "stage" | "loss"> & {
  /** The optimizer, if one was chosen. */
  readonly optimizer: Kind | undefined;
  readonly beginning: BeginningKind;
  /** Whether the CRF learns alone. */
  readonly alone: boolean;
  /** The number of pixels of a typical training image. */
  readonly pixels: number;
};

export interface Defaults {
  readonly optimizer: Kind;
  readonly rate: number;
  readonly multipliers: CrfConfiguration["multipliers"];
}

/** Rates of the papers, for VGG's or a former stage's published weights, full width and a loss summed over 500×500 pixels. */
const paper = { fcn32s: 1e-10, fcn16s: 1e-12, fcn8s: 1e-14, "crf-rnn": 1e-13 } as const;
const paperPixels = 250_000;
const paperMultipliers: CrfConfiguration["multipliers"] = { ...publishedCrfRates, bandwidths: 1000 };

/**
 * Rates for a loss averaged over pixels, found on the demo's pictures and on nuclei. Inputs of a hundred in size make
 * activations as large, since He's initialization keeps them: plain gradients need small rates, Adam's steps do not.
 */
const rates = { sgd: { nothing: 1e-6, own: 1e-7 }, adam: { nothing: 1e-3, own: 1e-4 } } as const;

/** The rate of the CRF's parameters, whatever the network's rate is. */
const crfRates = {
  sgd: { weights: 1e-2, compatibility: 1e-3, bandwidths: 1 },
  adam: { weights: 1e-2, compatibility: 1e-3, bandwidths: 0.1 },
} as const;

/**
 * Optimizer, rates and multipliers where none are given: the papers' where a run begins as theirs did, else Adam. (On nuclei,
 * from scratch at an eighth of the width, the mean IU after 300 steps was 0.64 with Adam, 0.42 with SGD, both at these rates.)
 */
export function defaultsFor({ stage, loss, beginning, alone, pixels, ...given }: RunKind): Defaults {
  const asInPapers = beginning === "published" && !alone;
  const { optimizer = asInPapers ? "sgd" : "adam" } = given;
  if (asInPapers && optimizer === "sgd") {
    const rate = isAveraged(loss) ? paper[stage] * paperPixels : paper[stage];
    return { optimizer, rate, multipliers: paperMultipliers };
  }
  const kind = optimizer === "sgd" ? "sgd" : "adam"; // AdamW steps as Adam does.
  const crf = crfRates[kind];
  const averaged = alone ? crf.weights : rates[kind][beginning === "nothing" ? "nothing" : "own"];
  const { weights, compatibility, bandwidths } = crf;
  const multiple = (own: number): number => oneDigit(own / averaged);
  return {
    optimizer,
    // Adam's steps do not know how large the loss is.
    rate: !isAveraged(loss) && optimizer === "sgd" ? oneDigit(averaged / pixels) : averaged,
    multipliers: {
      weights: multiple(weights),
      compatibility: multiple(compatibility),
      bandwidths: multiple(bandwidths),
    },
  };
}

const oneDigit = (value: number): number => Number(value.toPrecision(1));
