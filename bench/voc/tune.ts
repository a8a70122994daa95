import { Tally, type Result } from "./tally.ts";
import { describe, type Parameters } from "./parameters.ts";

/** Values that the search tries, coordinate by coordinate. */
const candidates: { readonly [coordinate in keyof Parameters]: readonly Parameters[coordinate][] } = {
  bilateral: [2, 3, 4, 5, 7, 10],
  alpha: [30, 40, 50, 65, 80],
  beta: [2, 3, 4, 5, 8],
  spatial: [0.5, 1, 2, 3],
  gamma: [1, 3, 5],
  iterations: [3, 5, 10],
  normalization: ["after", "symmetric"],
};

/** What the reference dense CRF gains on the first 100 images. */
const wanted: Result = { pixelAccuracy: 0.005, meanIU: 0.008, bandAccuracy: 0.026 };

/** Sets drawn, images in each, and the rank of the set that counts: one in twenty is worse. */
const [draws, size, counted] = [400, 100, 20];

/**
 * Coordinate search for parameters that help on nearly any hundred images, not on these alone: the score is the gain over
 * the network, as a multiple of the wanted one, of the worst of the three figures, on the fifth worst of a hundred sets
 * drawn with replacement. `network` and `evaluate` give one tally an image.
 */
export async function tune(
  start: Parameters,
  network: readonly Tally[],
  evaluate: (parameters: Parameters) => Promise<readonly Tally[]>,
  names: readonly string[],
  report: (line: string) => void,
): Promise<Parameters> {
  const sets = drawSets(network.length);
  const total = (tallies: readonly Tally[], set: readonly number[]): Result =>
    set.reduce((sum, image) => sum.merge(tallies[image]), new Tally(names)).result();
  const before = sets.map((set) => total(network, set));
  const known = new Map<string, number>();
  const score = async (parameters: Parameters): Promise<number> => {
    const name = describe(parameters);
    if (!known.has(name)) {
      const after = await evaluate(parameters);
      const margins = sets.map((set, i) => margin(before[i], total(after, set))).sort((a, b) => a - b);
      known.set(name, margins[counted]);
      report(`${name}: ${margins[counted].toFixed(3)} × the wanted gain`);
    }
    return known.get(name)!;
  };
  let best = start;
  for (let former = ""; former !== describe(best);) {
    former = describe(best);
    for (const [coordinate, values] of Object.entries(candidates)) {
      for (const value of values) {
        const tried = { ...best, [coordinate]: value };
        if ((await score(tried)) > (await score(best))) best = tried;
      }
    }
  }
  return best;
}

function margin(before: Result, after: Result): number {
  const figures = Object.keys(wanted) as (keyof Result)[];
  return Math.min(...figures.map((figure) => (after[figure] - before[figure]) / wanted[figure]));
}

/** Image numbers drawn with replacement, the same in every run. */
function drawSets(images: number): number[][] {
  let state = 1;
  const next = (): number => (state = (state * 48271) % 2147483647); // Park and Miller's minimal standard generator
  return Array.from({ length: draws }, () => Array.from({ length: size }, () => next() % images));
}
