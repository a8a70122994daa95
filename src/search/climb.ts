import { type Continuous, continuousNames, keyOf, rounded, type SearchParameters } from "./parameters.ts";
import type { Slopes } from "./records.ts";
import { isOpen, type Space, within } from "./space.ts";

/** A trial and its score. */
export interface Scored {
  readonly parameters: SearchParameters;
  readonly score: number;
}

/** Those whose gradients hold only while the vertices of a lattice stay what they are, and so are checked. */
export const bandwidthNames = ["thetaAlpha", "thetaBeta", "thetaGamma"] as const satisfies readonly Continuous[];

/** By how much a parameter is changed to check its gradient: 5 % down and up, which vertices come and go within. */
export const checkStep = Math.log(1.05);

/** The length of the first step in logarithms of parameters, by which it is divided where it does not help, and the least. */
const [firstStep, divisor, leastStep] = [0.3, 3, 0.02];

/**
 * Follows gradients from a trial as long as the score rises. A gradient is of the likelihood, which changes smoothly; whether a step is
 * taken is up to the score that is searched for.
 */
export async function climb(
  start: Scored,
  space: Space,
  steps: number,
  slopesAt: (parameters: SearchParameters) => Promise<Slopes>,
  scoreOf: (parameters: SearchParameters) => Promise<number>,
): Promise<Scored> {
  let best = start;
  let length = firstStep;
  let direction: Direction | undefined;
  for (let step = 0; step < steps && length >= leastStep; step++) {
    direction ??= directionOf(await slopesAt(best.parameters), space);
    const parameters = moved(best.parameters, direction, length, space);
    if (keyOf(parameters) === keyOf(best.parameters)) break;
    const score = await scoreOf(parameters);
    if (score > best.score) {
      best = { parameters, score };
      direction = undefined;
    } else {
      length /= divisor;
    }
  }
  return best;
}

type Direction = Readonly<Record<Continuous, number>>;

/** Whether the slope over ±5 % has the sign of the gradient; true of those that are not checked. */
export const agrees = ({ gradient, slopes }: Slopes, name: Continuous): boolean =>
  slopes[name] === undefined || slopes[name] * gradient[name] > 0;

/**
 * Against the gradient, at length 1; where a check contradicts it, against the slope: over 5 % vertices come and go, of which the gradient
 * of no lattice knows, and which weigh more than it where points are far apart. What has one value stays.
 */
function directionOf(slopes: Slopes, space: Space): Direction {
  const down = continuousNames.map((name) =>
    isOpen(space[name]) ? -(agrees(slopes, name) ? slopes.gradient[name] : slopes.slopes[name]!) : 0,
  );
  const length = Math.hypot(...down) || 1;
  return Object.fromEntries(continuousNames.map((name, i) => [name, down[i]! / length])) as Direction;
}

function moved(parameters: SearchParameters, direction: Direction, length: number, space: Space): SearchParameters {
  const values = continuousNames.map((name) => {
    const by = direction[name] * length;
    return [name, by === 0 ? parameters[name] : rounded(parameters[name] * Math.exp(by))];
  });
  return within(space, { ...parameters, ...(Object.fromEntries(values) as Record<Continuous, number>) });
}
