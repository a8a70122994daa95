import { purpose, randomNumbers } from "../shared/random.ts";
import { scoreOf, type SearchMetric, type Tally } from "./tally.ts";

/** How much better one labeling of pictures is than another one of the same pictures. */
export interface Gain {
  /** The score of one less that of the other, over all pictures. */
  readonly gain: number;
  /** The interval in which 95 of 100 gains lie that are computed over pictures drawn with replacement. */
  readonly low: number;
  readonly high: number;
}

/** Sets of pictures that are drawn. */
const draws = 2000;

/**
 * The gain of `after` over `before` with its bootstrap interval (Efron and Tibshirani 1993, by percentiles). It is paired: both are
 * scored over the same draws, so that pictures which are hard for both do not widen it.
 */
export function gainOf(before: readonly Tally[], after: readonly Tally[], metric: SearchMetric, seed: number): Gain {
  const of = (pictures: readonly number[]): number =>
    scoreOf(
      pictures.map((i) => after[i]!),
      metric,
    ) -
    scoreOf(
      pictures.map((i) => before[i]!),
      metric,
    );
  const all = before.map((_, i) => i);
  const draw = randomNumbers(seed, purpose.search, draws);
  // A draw without a pixel that counts, near boundaries for one, says nothing.
  const gains = Array.from({ length: draws }, () => of(all.map(() => Math.floor(draw() * all.length))))
    .filter((gain) => !Number.isNaN(gain))
    .sort((a, b) => a - b);
  const at = (share: number): number => gains[Math.min(gains.length - 1, Math.floor(share * gains.length))] ?? NaN;
  return { gain: of(all), low: at(0.025), high: at(0.975) };
}
