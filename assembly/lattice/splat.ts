import { gatherOn, rowOf, touch } from "./gather";
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
  const rowBytes = (<usize>quads) << 4;
  const column = values + ((<usize>valueOffset) << 4);
  const pairsEnd = incidence + ((<usize>load<u32>(offsets + ((<usize>vertices) << 2))) << 3);
  // Lists of few pairs belong to lattices of many vertices, where the points of a list lie far apart.
  let touched: usize = vertices > 4 * rows && rows > 0 ? 0 : pairsEnd;
  let row = rowOf(begin, quads);
  const last = rowOf(end, quads);
  for (; row < min(last, vertices + 1); row++) {
    const list = offsets + ((<usize>row) << 2);
    const start = load<u32>(list);
    const stop = load<u32>(list, 4);
    const first = incidence + ((<usize>start) << 3);
    const firstEnd = incidence + ((<usize>min(start + block, stop)) << 3);
    if (firstEnd > touched) {
      const from = max(first, touched);
      touched = min(from + touchedBytes, pairsEnd);
      touch(from, touched, column, rowStride, rowBytes);
    }
    gatherOn(first, firstEnd, column, rowStride, quads, result + <usize>row * rowBytes, true);
    if (stop - start > block && stop - start <= longest) {
      const to = sums + <usize>firstSum(start) * rowBytes;
      further(firstEnd, incidence + ((<usize>stop) << 3), column, rowStride, quads, to, rowBytes);
    }
  }
  for (; row < last; row++) {
    const ofSums = row - vertices - 1;
    const list = offsets + ((<usize>load<u32>(blockVertices + ((<usize>ofSums) << 2))) << 2);
    const start = load<u32>(list);
    const stop = load<u32>(list, 4);
    const first = blockBegin(start, stop, ofSums);
    if (first < stop && stop - start > longest) {
      const pairs = incidence + ((<usize>first) << 3);
      const pairsEnd = incidence + ((<usize>min(first + block, stop)) << 3);
      further(pairs, pairsEnd, column, rowStride, quads, sums + <usize>ofSums * rowBytes, 0);
    }
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
