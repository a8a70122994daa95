import { scratch } from "../shared/scratch";

/**
 * Twin of kernels/lattice/neighbors.merge.wgsl. Among the vertices of remainder 0, and among all others, what is looked for grows with
 * the vertex: so both lists are walked along at once, one step for whichever is behind, without a branch that could be
 * mispredicted, once for either kind.
 */
export function neighborsMerge(
  packedKeys: usize,
  steps: usize,
  neighbors: usize,
  vertices: u32,
  axisLength: u32,
  dimensions: u32,
  begin: u32,
  end: u32,
): void {
  const coordinates = dimensions + 1;
  for (let kind: u32 = 0; kind < 2; kind++) {
    const row = kind * coordinates;
    for (let axis: u32 = 0; axis < coordinates; axis += 2) {
      // Where the number of axes is odd, the last is walked along twice.
      const next = min(axis + 1, dimensions);
      merge(
        packedKeys,
        neighbors + ((<usize>(axis * axisLength)) << 3),
        neighbors + ((<usize>(next * axisLength)) << 3),
        vertices,
        load<u64>(steps + ((<usize>(row + axis)) << 3)),
        load<u64>(steps + ((<usize>(row + next)) << 3)),
        begin,
        end,
        kind == 1,
      );
    }
  }
}

/**
 * The neighbors of the vertices from first to last on two axes, a and b, whose loads overlap. Packed keys and pairs of neighbors
 * have eight bytes each.
 */
// @ts-ignore: decorator
@inline
function merge(
  packedKeys: usize,
  pairsA: usize,
  pairsB: usize,
  vertices: u32,
  stepA: u64,
  stepB: u64,
  first: u32,
  last: u32,
  others: bool,
): void {
  const begin = (<usize>first) << 3;
  const firstKey = load<u64>(packedKeys + begin);
  const ownEnd = (<usize>last) << 3;
  const otherEnd = (<usize>vertices) << 3;
  let ownA = begin;
  let ownB = begin;
  let otherA = (<usize>firstNotBefore(packedKeys, 0, vertices, firstKey + stepA)) << 3;
  let otherB = (<usize>firstNotBefore(packedKeys, 0, vertices, firstKey + stepB)) << 3;
  while (max(ownA, ownB) < ownEnd && max(otherA, otherB) < otherEnd) {
    const behindA = meet(packedKeys, pairsA, vertices, stepA, ownA, otherA, others);
    const behindB = meet(packedKeys, pairsB, vertices, stepB, ownB, otherB, others);
    otherA += behindA;
    otherB += behindB;
    ownA += 8 - behindA;
    ownB += 8 - behindB;
  }
  walk(packedKeys, pairsA, vertices, stepA, ownA, ownEnd, otherA, others);
  walk(packedKeys, pairsB, vertices, stepB, ownB, ownEnd, otherB, others);
}

/** The rest of one axis, from these bytes on. */
function walk(
  packedKeys: usize,
  pairs: usize,
  vertices: u32,
  step: u64,
  own: usize,
  ownEnd: usize,
  other: usize,
  others: bool,
): void {
  const otherEnd = (<usize>vertices) << 3;
  while (own < ownEnd && other < otherEnd) {
    const behind = meet(packedKeys, pairs, vertices, step, own, other, others);
    other += behind;
    own += 8 - behind;
  }
}

/**
 * Looks whether `other` is the neighbor of `own`, both at these bytes, where `own` is of the kind that is walked along. 8 if it lies
 * before the neighbor, else 0.
 */
// @ts-ignore: decorator
@inline
function meet(
  packedKeys: usize,
  pairs: usize,
  vertices: u32,
  step: u64,
  own: usize,
  other: usize,
  others: bool,
): usize {
  const key = load<u64>(packedKeys + own);
  const ofKind = ((key & 15) != 0) == others;
  const wanted = key + step;
  const held = load<u64>(packedKeys + other);
  const same = held == wanted;
  store<u32>(select<usize>(pairs + own, scratch, ofKind), select<u32>(<u32>(other >> 3), vertices, same));
  store<u32>(select<usize>(pairs + other, scratch, same & ofKind), <u32>(own >> 3), 4);
  return (<usize>((held < wanted) & ofKind)) << 3;
}

/** The first of the vertices from `begin` on whose packed key is not below `wanted`; `end` where there is none. */
function firstNotBefore(packedKeys: usize, begin: u32, end: u32, wanted: u64): u32 {
  while (begin < end) {
    const middle = begin + (end - begin) / 2;
    if (load<u64>(packedKeys + ((<usize>middle) << 3)) < wanted) begin = middle + 1;
    else end = middle;
  }
  return begin;
}
