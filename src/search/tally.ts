import { ValueError } from "../errors.ts";
import { ignoreLabel } from "../ignoreLabel.ts";

/** How well one picture was labeled. What sets of pictures are scored by is a sum of these. */
export interface Tally {
  /** Of each class that the truth or the prediction has: its pixels in the truth, in the prediction, and in both. */
  readonly classes: readonly (readonly [label: number, truth: number, predicted: number, correct: number])[];
  /** Of the pixels near boundaries of the truth: those that are right, and all. */
  readonly band: readonly [correct: number, pixels: number];
  /** The sum, over the pixels that count, of the logarithm of the probability of the truth. */
  readonly logLikelihood: number;
  /** The pixels that count. */
  readonly pixels: number;
}

/** What a search makes as large as it can. */
export const metrics = ["meanIU", "boundary", "logLikelihood"] as const;
export type SearchMetric = (typeof metrics)[number];

/** What they are called for people. */
export const metricNames: Readonly<Record<SearchMetric, string>> = {
  meanIU: "mean IU",
  boundary: "accuracy near boundaries",
  logLikelihood: "log-likelihood a pixel",
};

/**
 * Tallies scores [pixels, classes] against the truth. `band` has a byte for each pixel, not 0 near a boundary.
 * @throws ValueError for scores that are not finite
 */
export function tallyOf(scores: Float32Array, truth: Uint8Array, band: Uint8Array, classes: number): Tally {
  const counts = Array.from({ length: classes }, (_, label) => [label, 0, 0, 0] as [number, number, number, number]);
  let [logLikelihood, pixels, near, right] = [0, 0, 0, 0];
  for (let pixel = 0; pixel < truth.length; pixel++) {
    const label = truth[pixel]!;
    if (label === ignoreLabel) continue;
    const first = pixel * classes;
    let best = 0;
    for (let c = 1; c < classes; c++) if (scores[first + c]! > scores[first + best]!) best = c;
    const largest = scores[first + best]!;
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += Math.exp(scores[first + c]! - largest);
    logLikelihood += scores[first + label]! - largest - Math.log(sum);
    pixels++;
    counts[label]![1]++;
    counts[best]![2]++;
    if (best === label) counts[label]![3]++;
    if (band[pixel] === 0) continue;
    near++;
    if (best === label) right++;
  }
  if (!Number.isFinite(logLikelihood)) {
    throw new ValueError({ where: "the CRF", expected: "finite scores", got: String(logLikelihood) });
  }
  const occurring = counts.filter(([, inTruth, predicted]) => inTruth + predicted > 0);
  return { classes: occurring, band: [right, near], logLikelihood, pixels };
}

/**
 * The score of some pictures together; NaN where nothing is counted. The mean IU is over the classes that occur in their truth, as
 * everywhere in this library.
 */
export function scoreOf(tallies: readonly Tally[], metric: SearchMetric): number {
  if (metric === "boundary") return sum(tallies, ({ band }) => band[0]) / sum(tallies, ({ band }) => band[1]);
  if (metric === "logLikelihood") {
    return sum(tallies, ({ logLikelihood }) => logLikelihood) / sum(tallies, ({ pixels }) => pixels);
  }
  const byClass = new Map<number, [truth: number, predicted: number, correct: number]>();
  for (const { classes } of tallies) {
    for (const [label, truth, predicted, correct] of classes) {
      const total = byClass.get(label) ?? [0, 0, 0];
      byClass.set(label, [total[0] + truth, total[1] + predicted, total[2] + correct]);
    }
  }
  const ius = [...byClass.values()]
    .filter(([truth]) => truth > 0)
    .map(([truth, predicted, correct]) => correct / (truth + predicted - correct));
  return ius.reduce((total, iu) => total + iu, 0) / ius.length;
}

const sum = (tallies: readonly Tally[], of: (tally: Tally) => number): number =>
  tallies.reduce((total, tally) => total + of(tally), 0);
