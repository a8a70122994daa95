/** Pairs of an incidence list that are added up apart, as in kernels/lattice/incidence.wgsl. */
export const block: u32 = 64;

/** The row of the first sum that a list has one level up, whose first item is `first`. */
// @ts-ignore: decorator
@inline
export function firstSum(first: u32): u32 {
  return first / block + 1;
}

/** How many sums a list of `count` items has one level up. */
// @ts-ignore: decorator
@inline
export function sumCount(count: u32): u32 {
  return (max(count, 1) - 1) / block;
}

/** The first item of the further block whose sum lies in `row`, of a list that begins at `first`; `last` where there is none. */
// @ts-ignore: decorator
@inline
export function blockBegin(first: u32, last: u32, row: u32): u32 {
  return row > first / block ? min(row * block + (first % block), last) : last;
}
