import { ValueError } from "../errors.ts";
import { type Names, requireOptions } from "../options.ts";
import { found } from "../values.ts";
import type { Change } from "./change.ts";

/** When iterations end early: as soon as everything that is given holds. */
export interface Until {
  /** The largest |ΔQ| of an iteration is at most this. */
  readonly change?: number;
  /** The mean of |ΔQ| over all classes of all rows is at most this. A few pixels that waver do not hold it up. */
  readonly meanChange?: number;
}

const untilNames: Names<Until> = { change: true, meanChange: true };

/** @throws ValueError unless at least one bound is given, and each is a number of 0 or above */
export function requireUntil(where: string, until: Until | undefined): void {
  if (until === undefined) return;
  requireOptions(`${where}: until`, until, untilNames);
  const bounds = Object.entries(until).filter(([, bound]) => bound !== undefined);
  const wrong = bounds.find(([, bound]) => !(Number.isFinite(bound) && bound >= 0));
  if (bounds.length > 0 && !wrong) return;
  const expected = wrong ? `${wrong[0]} as a number, 0 or above` : "change or meanChange";
  const remedy = "pass for example until: { change: 1e-3 }";
  throw new ValueError({ where: `${where}: until`, expected, got: wrong ? found(wrong[1]) : "neither", remedy });
}

/** Tells whether a change is as small as is asked for. */
export const reached = ({ change = Infinity, meanChange = Infinity }: Until, { largest, mean }: Change): boolean =>
  largest <= change && mean <= meanChange;
