import type { Params } from "./params.ts";
import type { Found, SearchPlan } from "./searching.ts";
import { metricNames, type SearchMetric } from "./tally.ts";

/** Whether a CRF helps: where the whole interval of the gain is above 0. Else nobody can tell it from chance. */
export const helps = ({ gain }: Pick<Found, "gain">): boolean => gain.low > 0;

/** Writes a score, or a gain with its sign, in the digits that tell pictures apart. */
export const formatScore = (value: number): string => (Number.isNaN(value) ? "–" : value.toFixed(4));
export const formatGain = (value: number): string => `${value < 0 ? "−" : "+"}${formatScore(Math.abs(value))}`;

/**
 * One sentence: the gain over no CRF with its interval; before it, where there is no gain, that a CRF does not help, and where the interval
 * reaches down to 0, that the pictures do not tell.
 */
export function verdictOf(found: Found, { metric, folds }: Pick<SearchPlan, "metric" | "folds">): string {
  const { gain, network, score } = found;
  const interval = `95 % interval ${formatGain(gain.low)} to ${formatGain(gain.high)}`;
  const measured =
    `${metricNames[metric]} ${formatScore(score)} on pictures held out (${Math.min(folds, picturesOf(found))} folds), ` +
    `${formatScore(network)} without a CRF: ${formatGain(gain.gain)}, ${interval}`;
  if (helps(found)) return `${measured}.`;
  return gain.gain > 0
    ? `Whether a CRF helps here, these pictures do not tell: ${measured}.`
    : `A CRF does not help here: ${measured}.`;
}

const picturesOf = ({ folds }: Pick<Found, "folds">): number =>
  folds.reduce((sum, { pictures }) => sum + pictures.length, 0);

/** What a `params.json` says of how its parameters were found. JSON knows no NaN. */
export function foundOf(found: Found, metric: SearchMetric): NonNullable<Params["found"]> {
  const orNull = (value: number): number | null => (Number.isNaN(value) ? null : Number(value.toPrecision(6)));
  return {
    metric,
    pictures: picturesOf(found),
    folds: found.folds.length,
    network: orNull(found.network),
    score: orNull(found.score),
    gain: orNull(found.gain.gain),
    interval: [orNull(found.gain.low), orNull(found.gain.high)],
    helps: helps(found),
  };
}
