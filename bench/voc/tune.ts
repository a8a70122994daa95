import { describe, type RefineParameters } from "./parameters.ts";
import type { Tally, Result } from "./tally.ts";

type Candidates = { readonly [coordinate in keyof RefineParameters]: readonly RefineParameters[coordinate][] };

/** Values that the search tries, coordinate by coordinate. */
const candidates: Omit<Candidates, "background"> = {
  bilateral: [4, 5, 6, 7, 8],
  alpha: [40, 50, 65, 80, 100],
  spatial: [1, 2, 3, 5],
  gamma: [1, 2, 3],
  beta: [3, 4, 5],
  normalization: ["after", "symmetric"],
  iterations: [5, 10, 20],
};
const shares: Pick<Candidates, "background"> = { background: [0.7, 0.75, 0.8, 0.85, 1, 1.15] };

/** Sets drawn with replacement. */
const draws = 200;

/**
 * Coordinate search by the gain in mean IU over the network: its mean over sets of images drawn with replacement from those
 * given, each as large. First with one weight for all classes; then with the background's share of it as well, which may not
 * cost pixel accuracy: the objects' IU is easily bought with pixels of the background.
 *
 * @param network one tally an image, as `evaluate` gives for parameters
 */
export async function tune(
  network: readonly Tally[],
  start: RefineParameters,
  evaluate: (parameters: RefineParameters) => Promise<readonly Tally[]>,
  report: (line: string) => void,
): Promise<RefineParameters> {
  const known = new Map<string, { readonly mean: number; readonly result: Result }>();
  const score = async (parameters: RefineParameters) => {
    const name = describe(parameters);
    if (!known.has(name)) {
      const tallies = await evaluate(parameters);
      const { mean, deviation } = gain(network, tallies);
      const result = total(tallies);
      known.set(name, { mean, result });
      const accuracy = result.pixelAccuracy.toFixed(5);
      report(`${name}: mean IU ${mean.toFixed(4)} ± ${deviation.toFixed(4)} above the network, accuracy ${accuracy}`);
    }
    return known.get(name)!;
  };
  const search = async (
    from: RefineParameters,
    values: Partial<Candidates>,
    leastAccuracy: number,
  ): Promise<RefineParameters> => {
    let best = from;
    for (let former = ""; former !== describe(best);) {
      former = describe(best);
      for (const [coordinate, tries] of Object.entries(values)) {
        for (const value of tries) {
          const tried = { ...best, [coordinate]: value };
          const { mean, result } = await score(tried);
          if (result.pixelAccuracy >= leastAccuracy && mean > (await score(best)).mean) best = tried;
        }
      }
    }
    return best;
  };
  const plain = await search({ ...start, background: 1 }, candidates, 0);
  return search(plain, { ...shares, ...candidates }, (await score(plain)).result.pixelAccuracy);
}

/** Mean and standard deviation, over sets of images, of how much higher the mean IU of `after` is than that of `before`. */
export function gain(before: readonly Tally[], after: readonly Tally[]) {
  const gains = drawSets(before.length).map((set) => {
    const [former, latter] = [before, after].map((tallies) => total(set.map((image) => tallies[image]!)).meanIU) as [
      number,
      number,
    ];
    return latter - former;
  });
  const mean = gains.reduce((sum, value) => sum + value, 0) / gains.length;
  const variance = gains.reduce((sum, value) => sum + (value - mean) ** 2, 0) / gains.length;
  return { mean, deviation: Math.sqrt(variance) };
}

/** The figures of all images together. */
export function total([first, ...rest]: readonly Tally[]): Result {
  return rest.reduce((sum, tally) => sum.merge(tally), first!.copy()).result();
}

/** Image numbers drawn with replacement, the same in every run. */
function drawSets(images: number): number[][] {
  let state = 1;
  const next = (): number => (state = (state * 48271) % 2147483647); // Park and Miller's minimal standard generator
  return Array.from({ length: draws }, () => Array.from({ length: images }, () => next() % images));
}
