import { purpose, randomNumbers } from "../shared/random.ts";

/**
 * Vectors by which features of d dimensions may be moved so that their points lie elsewhere in the cells of the lattice, each as likely
 * in one place as in any other. They are a function of the arguments alone, of the same bits on every host. A cell is spanned by the d steps from a
 * vertex along the axes 0 … d − 1, of which a vector takes shares from 0 to 1: the first draws them, and the others go on from there as
 * far from each other as an additive recurrence leads them (Roberts 2018, whose base is the root of x^(d+1) = x + 1). Few vectors fill a cell more
 * evenly than independent ones would.
 */
export function shiftsOf(dimensions: number, count: number, ...key: readonly number[]): Float64Array[] {
  const draw = randomNumbers(...key, purpose.shifts);
  const first = Array.from({ length: dimensions }, draw);
  const base = rootOf(dimensions);
  const steps = first.map((_, k) => 1 / power(base, k + 1));
  return Array.from({ length: count }, (_, i) => ofShares(first.map((share, k) => (share + i * steps[k]!) % 1)));
}

/** The features of a point at these shares of the d steps: the embedding of embed.wgsl, turned round. */
export function ofShares(shares: readonly number[]): Float64Array {
  let before = 0;
  return Float64Array.from(shares, (_, i) => {
    const j = i + 1;
    before += shares[i]!;
    return ((before - j * (shares[j] ?? 0)) * Math.sqrt(1.5)) / Math.sqrt(j * (j + 1));
  });
}

/** By products alone, which have the same bits on every host, as `**` has not. */
const power = (base: number, exponent: number): number => (exponent === 0 ? 1 : base * power(base, exponent - 1));

/** The root of x^(d+1) = x + 1 above 1, by Newton's method from above, where it falls until it stands still. */
function rootOf(dimensions: number): number {
  let x = 2;
  for (;;) {
    const below = power(x, dimensions);
    const next = x - (below * x - x - 1) / ((dimensions + 1) * below - 1);
    if (!(next < x)) return x;
    x = next;
  }
}
