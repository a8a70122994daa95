/** By how much fewer trials, over how much more pictures, each rung has than the one before. */
const factor = 3;

/** Pictures of the first rung at least: fewer would choose by chance. */
const leastPictures = 4;

/** One rung: so many trials are tried on so many pictures. */
export interface Rung {
  readonly trials: number;
  readonly pictures: number;
}

/**
 * The rungs of successive halving (Jamieson and Talwalkar, AISTATS 2016), by thirds: many trials on few pictures, and the best third of
 * them on three times as many, up to the last few on all.
 */
export function rungsOf(trials: number, pictures: number): Rung[] {
  const counts: number[] = [trials];
  while (counts.at(-1)! > factor) counts.push(Math.ceil(counts.at(-1)! / factor));
  return counts.map((count, rung) => ({
    trials: count,
    pictures: Math.min(pictures, Math.max(leastPictures, Math.ceil(pictures / factor ** (counts.length - 1 - rung)))),
  }));
}

/**
 * Goes up the rungs and returns the trials of the last one, best first. Of two with one score the earlier one is better, so that the
 * result does not depend on who scored first.
 */
export async function halve<Trial>(
  trials: readonly Trial[],
  rungs: readonly Rung[],
  score: (trial: Trial, pictures: number) => Promise<number>,
): Promise<{ readonly trial: Trial; readonly score: number }[]> {
  let ranked: { readonly trial: Trial; readonly score: number }[] = [];
  let left = [...trials];
  for (const [i, { pictures }] of rungs.entries()) {
    ranked = [];
    for (const trial of left) ranked.push({ trial, score: await score(trial, pictures) });
    // NaN, of pictures without a pixel that counts, is worse than all.
    ranked.sort(
      (a, b) => (Number.isNaN(b.score) ? -Infinity : b.score) - (Number.isNaN(a.score) ? -Infinity : a.score) || 0,
    );
    left = ranked.slice(0, rungs[i + 1]?.trials ?? ranked.length).map(({ trial }) => trial);
  }
  return ranked;
}
