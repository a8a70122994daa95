import { Five, Four, One, Six, Three, Two, Wide } from "../shared/quads";
import { rowOf } from "../shared/rows";
import { scratch } from "../shared/scratch";
import { gatherOn, nearBytes, sumOn, touch } from "./gather";
import { block, blockBegin, firstSum } from "./incidence";

/**
 * Lists of at most so many pairs are walked from the first block to the last, since vertices nearby read the same points
 * at the same time. Of longer ones only the first block is, so that threads share the others.
 */
const longest: u32 = 16 * block;

/** Bytes of the pairs whose rows are read together before they are summed. */
const touchedBytes: usize = 128 << 3;

/**
 * Points of a plane lie in the order of its vertices, so that lists go through the map from front to back, some rows of a picture at a time. As a rule
 * processors do not fetch ahead into a page that was not read from, so that of each the first three lines are read when lists come so near: the
 * splat of a photograph takes 0.90 of the time on one thread and 0.97 on two. (The first line alone: 0.95. An eighth of the lines: 1.15, for to wait for
 * one takes longer than to sum a list.)
 */
const pageLead: usize = 1 << 20;
const pageBytes: usize = 4096;

/** Twin of kernels/lattice/splat.wgsl. */
export function splat(
  offsets: usize,
  blockVertices: usize,
  incidence: usize,
  values: usize,
  result: usize,
  sums: usize,
  vertices: u32,
  points: u32,
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
  const entries = load<u32>(offsets + ((<usize>vertices) << 2));
  const pairsEnd = incidence + ((<usize>entries) << 3);
  // Lists of few pairs belong to lattices of many vertices, where the points of a list lie far apart in the map.
  const touched = vertices > 4 * rows && rows > 0 && <usize>points * rowStride > nearBytes ? 0 : pairsEnd;
  // Three entries a point are those of a plane.
  const pagesEnd = entries == 3 * points ? column + <usize>points * rowStride : 0;
  let row = rowOf(begin, quads);
  const last = rowOf(end, quads);
  const firstEnd = min(last, vertices + 1);
  if (row < firstEnd) {
    const lists = offsets + ((<usize>row) << 2);
    const listsEnd = offsets + ((<usize>firstEnd) << 2);
    const to = result + <usize>row * rowBytes;
    if (quads == 6)
      sumLists<Six>(lists, listsEnd, incidence, pairsEnd, column, rowStride, to, sums, rowBytes, touched, pagesEnd);
    else if (quads == 5)
      sumLists<Five>(lists, listsEnd, incidence, pairsEnd, column, rowStride, to, sums, rowBytes, touched, pagesEnd);
    else if (quads == 4)
      sumLists<Four>(lists, listsEnd, incidence, pairsEnd, column, rowStride, to, sums, rowBytes, touched, pagesEnd);
    else if (quads == 3)
      sumLists<Three>(lists, listsEnd, incidence, pairsEnd, column, rowStride, to, sums, rowBytes, touched, pagesEnd);
    else if (quads == 2)
      sumLists<Two>(lists, listsEnd, incidence, pairsEnd, column, rowStride, to, sums, rowBytes, touched, pagesEnd);
    else if (quads == 1)
      sumLists<One>(lists, listsEnd, incidence, pairsEnd, column, rowStride, to, sums, rowBytes, touched, pagesEnd);
    else sumLists<Wide>(lists, listsEnd, incidence, pairsEnd, column, rowStride, to, sums, rowBytes, touched, pagesEnd);
    row = firstEnd;
  }
  for (; row < last; row++) {
    const ofSums = row - vertices - 1;
    const list = offsets + ((<usize>load<u32>(blockVertices + ((<usize>ofSums) << 2))) << 2);
    const start = load<u32>(list);
    const stop = load<u32>(list, 4);
    const first = blockBegin(start, stop, ofSums);
    if (first < stop && stop - start > longest) {
      const pairs = incidence + ((<usize>first) << 3);
      const blockEnd = incidence + ((<usize>min(first + block, stop)) << 3);
      gatherOn(pairs, blockEnd, column, rowStride, rowBytes, sums + <usize>ofSums * rowBytes, true);
    }
  }
}

/**
 * The sums of the blocks of many lists, which begin where `list` up to `listsEnd` say: those of the first ones in rows `rowBytes` apart, and those of
 * further ones among `sums`. Pairs end at `end`, and the rows of those from `touched` on are read ahead, or pages of a plane's map up to `pagesEnd`.
 * Lists of many lattices have a pair or two, so that what is done once a list counts.
 */
function sumLists<Width>(
  list: usize,
  listsEnd: usize,
  incidence: usize,
  end: usize,
  values: usize,
  rowStride: usize,
  to: usize,
  sums: usize,
  rowBytes: usize,
  touched: usize,
  pagesEnd: usize,
): void {
  let next = load<u32>(list);
  let page = (values + <usize>(next / 3) * rowStride) & ~(pageBytes - 1);
  let read: u32 = 0;
  for (; list < listsEnd; list += 4) {
    const start = next;
    next = load<u32>(list, 4);
    if (pagesEnd) {
      const lastPage = min(pagesEnd, values + <usize>(next / 3) * rowStride + pageLead);
      for (; page < lastPage; page += pageBytes) read ^= load<u32>(page) ^ load<u32>(page, 64) ^ load<u32>(page, 128);
    }
    const stop = next - start > longest ? start + block : next;
    const listEnd = incidence + ((<usize>stop) << 3);
    let first = incidence + ((<usize>start) << 3);
    let into = to;
    while (true) {
      const last = min(first + (block << 3), listEnd);
      if (last > touched) {
        const from = max(first, touched);
        touched = min(from + touchedBytes, end);
        touch(from, touched, values, rowStride, rowBytes);
      }
      if (offsetof<Width>()) sumOn<Width>(first, last, values, rowStride, into, true);
      else gatherOn(first, last, values, rowStride, rowBytes, into, true);
      if (last == listEnd) break;
      into = into == to ? sums + <usize>firstSum(start) * rowBytes : into + rowBytes;
      first = last;
    }
    to += rowBytes;
  }
  store<u32>(scratch, read);
}
