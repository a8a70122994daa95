import { scratch } from "../shared/scratch";

/**
 * Twin of kernels/lattice/neighbors.merge.wgsl. Vertices of one remainder are a run, in which what is looked for grows with
 * the vertex: so both are walked along at once, one step for whichever is behind, without a branch that could be
 * mispredicted.
 */
export function neighborsMerge(
  packedKeys: usize,
  steps: usize,
  neighbors: usize,
  vertices: u32,
  axisLength: u32,
  remainderShift: u32,
  dimensions: u32,
  begin: u32,
  end: u32,
): void {
  const coordinates = dimensions + 1;
  const shift = <u64>remainderShift;
  for (let first = begin; first < end;) {
    const tag = load<u64>(packedKeys + ((<usize>first) << 3)) >> shift;
    const last = firstNotBefore(packedKeys, first, end, tag + 1, shift);
    const row = (tag & 15) == 0 ? 0 : coordinates;
    for (let axis: u32 = 0; axis < coordinates; axis++) {
      const step = load<u64>(steps + ((<usize>(row + axis)) << 3));
      merge(packedKeys, neighbors + ((<usize>(axis * axisLength)) << 3), vertices, step, first, last);
    }
    first = last;
  }
}

/** The neighbors of the vertices from first to last on one axis. Packed keys and pairs of neighbors have eight bytes each. */
// @ts-ignore: decorator
@inline
function merge(packedKeys: usize, pairs: usize, vertices: u32, step: u64, first: u32, last: u32): void {
  const wanted = load<u64>(packedKeys + ((<usize>first) << 3)) + step;
  let own = (<usize>first) << 3;
  let other = (<usize>firstNotBefore(packedKeys, 0, vertices, wanted, 0)) << 3;
  const ownEnd = (<usize>last) << 3;
  const otherEnd = (<usize>vertices) << 3;
  while (own < ownEnd && other < otherEnd) {
    const target = load<u64>(packedKeys + own) + step;
    const held = load<u64>(packedKeys + other);
    const same = held == target;
    store<u32>(pairs + own, select<u32>(<u32>(other >> 3), vertices, same));
    store<u32>(select<usize>(pairs + other, scratch, same), <u32>(own >> 3), 4);
    const behind = (<usize>(held < target)) << 3;
    other += behind;
    own += 8 - behind;
  }
}

/** The first of the vertices from `begin` on whose packed key, shifted, is not below `wanted`; `end` where there is none. */
function firstNotBefore(packedKeys: usize, begin: u32, end: u32, wanted: u64, shift: u64): u32 {
  while (begin < end) {
    const middle = begin + (end - begin) / 2;
    if (load<u64>(packedKeys + ((<usize>middle) << 3)) >> shift < wanted) begin = middle + 1;
    else end = middle;
  }
  return begin;
}
