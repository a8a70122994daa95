import { scratch } from "../shared/scratch";

/**
 * Twin of kernels/lattice/neighbors.merge.wgsl. What is looked for by the vertices of one remainder grows with the vertex, and lies among those of the
 * remainder before: so both lists are walked along at once, one step for whichever is behind, without a branch that could be
 * mispredicted. (Measured: along all vertices instead, once for those of remainder 0 and once for the others, 10.7 ms for 142 k.)
 */
export function neighborsMerge(
  packedKeys: usize,
  order: usize,
  steps: usize,
  neighbors: usize,
  vertices: u32,
  axisLength: u32,
  dimensions: u32,
  begin: u32,
  end: u32,
): void {
  const coordinates = dimensions + 1;
  for (let remainder: u32 = 0; remainder < coordinates; remainder++) {
    const first = max(begin, listOf(packedKeys, vertices, remainder));
    const last = min(end, listOf(packedKeys, vertices, remainder + 1));
    if (first >= last) continue;
    const before = remainder ? remainder - 1 : dimensions;
    const otherFirst = listOf(packedKeys, vertices, before);
    const otherLast = listOf(packedKeys, vertices, before + 1);
    const row = remainder ? coordinates : 0;
    for (let axis: u32 = 0; axis < coordinates; axis += 2) {
      // Where the number of axes is odd, the last is walked along twice.
      const next = min(axis + 1, dimensions);
      merge(
        packedKeys,
        order,
        neighbors + ((<usize>(axis * axisLength)) << 3),
        neighbors + ((<usize>(next * axisLength)) << 3),
        load<u64>(steps + ((<usize>(row + axis)) << 3)),
        load<u64>(steps + ((<usize>(row + next)) << 3)),
        first,
        last,
        otherFirst,
        otherLast,
      );
    }
  }
}

/**
 * The neighbors of the vertices from first to last on two axes, a and b, whose loads overlap. Packed keys and pairs of neighbors
 * have eight bytes each.
 */
function merge(
  packedKeys: usize,
  order: usize,
  pairsA: usize,
  pairsB: usize,
  stepA: u64,
  stepB: u64,
  first: u32,
  last: u32,
  otherFirst: u32,
  otherLast: u32,
): void {
  const begin = (<usize>first) << 3;
  const firstKey = load<u64>(packedKeys + begin);
  const ownEnd = (<usize>last) << 3;
  const otherEnd = (<usize>otherLast) << 3;
  let ownA = begin;
  let ownB = begin;
  let otherA = (<usize>firstNotBefore(packedKeys, otherFirst, otherLast, firstKey + stepA)) << 3;
  let otherB = (<usize>firstNotBefore(packedKeys, otherFirst, otherLast, firstKey + stepB)) << 3;
  while (max(ownA, ownB) < ownEnd && max(otherA, otherB) < otherEnd) {
    const behindA = meet(packedKeys, order, pairsA, stepA, ownA, otherA);
    const behindB = meet(packedKeys, order, pairsB, stepB, ownB, otherB);
    otherA += behindA;
    otherB += behindB;
    ownA += 8 - behindA;
    ownB += 8 - behindB;
  }
  walk(packedKeys, order, pairsA, stepA, ownA, ownEnd, otherA, otherEnd);
  walk(packedKeys, order, pairsB, stepB, ownB, ownEnd, otherB, otherEnd);
}

/** The rest of one axis, from these bytes on. */
function walk(
  packedKeys: usize,
  order: usize,
  pairs: usize,
  step: u64,
  own: usize,
  ownEnd: usize,
  other: usize,
  otherEnd: usize,
): void {
  while (own < ownEnd && other < otherEnd) {
    const behind = meet(packedKeys, order, pairs, step, own, other);
    other += behind;
    own += 8 - behind;
  }
}

/** Looks whether `other` is the neighbor of `own`, both at these bytes. 8 if it lies before the neighbor, else 0. */
// @ts-ignore: decorator
@inline
function meet(packedKeys: usize, order: usize, pairs: usize, step: u64, own: usize, other: usize): usize {
  const wanted = load<u64>(packedKeys + own) + step;
  const held = load<u64>(packedKeys + other);
  const vertex = load<u32>(order + (own >> 1));
  const neighbor = load<u32>(order + (other >> 1));
  const same = held == wanted;
  store<u32>(select<usize>(pairs + ((<usize>vertex) << 3), scratch, same), neighbor);
  store<u32>(select<usize>(pairs + ((<usize>neighbor) << 3), scratch, same), vertex, 4);
  return (<usize>(held < wanted)) << 3;
}

/** Where the vertices of a remainder begin, or all that are left have a larger one. */
function listOf(packedKeys: usize, vertices: u32, remainder: u32): u32 {
  let begin: u32 = 0;
  let end = vertices;
  while (begin < end) {
    const middle = begin + (end - begin) / 2;
    if ((load<u32>(packedKeys + ((<usize>middle) << 3)) & 15) < remainder) begin = middle + 1;
    else end = middle;
  }
  return begin;
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
