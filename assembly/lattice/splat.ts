import { gatherOn, touch } from "./gather";
import { block, blockBegin, firstSum } from "./incidence";

/**
 * Lists of at most so many pairs are walked from the first block to the last, since vertices nearby read the same points
 * at the same time. Blocks of longer ones are taken by themselves, so that threads share them.
 */
const longest: u32 = 16 * block;

/** Bytes of the pairs whose rows are read together before they are summed. */
const touchedBytes: usize = 128 << 3;

/** Twin of kernels/lattice/splat.wgsl. */
export function splat(
  offsets: usize,
  blockVertices: usize,
  incidence: usize,
  values: usize,
  result: usize,
  sums: usize,
  vertices: u32,
  rows: u32,
  quads: u32,
  valueQuads: u32,
  valueOffset: u32,
  begin: u32,
  end: u32,
): void {
  const rowStride = (<usize>valueQuads) << 4;
  const ofBlocks = (vertices + 1) * quads;
  const firstEnd = min(end, ofBlocks);
  const pairsEnd = incidence + ((<usize>load<u32>(offsets + ((<usize>vertices) << 2))) << 3);
  // Lists of few pairs belong to lattices of many vertices, where the points of a list lie far apart.
  let touched: usize = vertices > 4 * rows && rows > 0 ? 0 : pairsEnd;
  let index = begin;
  while (index < firstEnd) {
    const vertex = index / quads;
    const quad = index - vertex * quads;
    const count = min(quads - quad, firstEnd - index);
    const list = offsets + ((<usize>vertex) << 2);
    const start = load<u32>(list);
    const stop = load<u32>(list, 4);
    const first = incidence + ((<usize>start) << 3);
    const last = incidence + ((<usize>min(start + block, stop)) << 3);
    const column = values + ((<usize>(valueOffset + quad)) << 4);
    if (last > touched) {
      const from = max(first, touched);
      touched = min(from + touchedBytes, pairsEnd);
      touch(from, touched, column, rowStride, (<usize>count) << 4);
    }
    gatherOn(first, last, column, rowStride, count, result + ((<usize>index) << 4), true);
    if (stop - start > block && stop - start <= longest) {
      const to = sums + ((<usize>(firstSum(start) * quads + quad)) << 4);
      further(last, incidence + ((<usize>stop) << 3), column, rowStride, count, to, (<usize>quads) << 4);
    }
    index += count;
  }
  while (index < end) {
    const place = index - ofBlocks;
    const row = place / quads;
    const quad = place - row * quads;
    const count = min(quads - quad, end - index);
    const list = offsets + ((<usize>load<u32>(blockVertices + ((<usize>row) << 2))) << 2);
    const start = load<u32>(list);
    const stop = load<u32>(list, 4);
    const first = blockBegin(start, stop, row);
    if (first < stop && stop - start > longest) {
      const pairs = incidence + ((<usize>first) << 3);
      const last = incidence + ((<usize>min(first + block, stop)) << 3);
      const column = values + ((<usize>(valueOffset + quad)) << 4);
      further(pairs, last, column, rowStride, count, sums + ((<usize>place) << 4), 0);
    }
    index += count;
  }
}

/** The sums of the blocks of the pairs in [first, last), one row below the other. */
function further(
  first: usize,
  last: usize,
  column: usize,
  rowStride: usize,
  quads: u32,
  to: usize,
  sumStride: usize,
): void {
  for (; first < last; first += block << 3) {
    gatherOn(first, min(first + (block << 3), last), column, rowStride, quads, to, true);
    to += sumStride;
  }
}
