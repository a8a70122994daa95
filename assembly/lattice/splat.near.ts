import { scratch } from "../shared/scratch";
import { rowOf } from "../shared/rows";
import { Five, One, Six, Wide } from "../shared/quads";
import { gatherOn, sumOn, zero } from "./gather";
import { block } from "./incidence";

/** As `bandPoints` of src/lattice/incidence.ts. */
const bandPoints: u32 = 32768;

/** Twin of kernels/lattice/splat.near.wgsl. */
export function splatNear(
  offsets: usize,
  incidence: usize,
  values: usize,
  result: usize,
  sums: usize,
  vertices: u32,
  points: u32,
  band: u32,
  quads: u32,
  valueQuads: u32,
  valueOffset: u32,
  begin: u32,
  end: u32,
): void {
  const rowStride = (<usize>valueQuads) << 4;
  const firstPoint = band * bandPoints;
  const bandBytes = <usize>min(points - firstPoint, bandPoints) * rowStride;
  readFirst(values + <usize>firstPoint * rowStride, bandBytes, (vertices + 1) * quads, begin, end);
  const listBytes = (<usize>(vertices + 2)) << 2;
  const rowBytes = (<usize>quads) << 4;
  const column = values + ((<usize>valueOffset) << 4);
  const vertex = rowOf(begin, quads);
  const lists = offsets + ((<usize>vertex) << 2);
  const listsEnd = offsets + ((<usize>rowOf(end, quads)) << 2);
  const to = result + <usize>vertex * rowBytes;
  if (quads == 1) addLists<One>(lists, listsEnd, listBytes, band, incidence, column, rowStride, to, sums, rowBytes);
  else if (quads == 5)
    addLists<Five>(lists, listsEnd, listBytes, band, incidence, column, rowStride, to, sums, rowBytes);
  else if (quads == 6)
    addLists<Six>(lists, listsEnd, listBytes, band, incidence, column, rowStride, to, sums, rowBytes);
  else addLists<Wide>(lists, listsEnd, listBytes, band, incidence, column, rowStride, to, sums, rowBytes);
}

/**
 * Adds the parts that a band has of many lists to the sums of their first blocks, in rows `rowBytes` apart, and to those of further ones among `sums`.
 * (By `gatherOn` alone the splat takes 1.06 to 1.1 times as long.)
 */
function addLists<Width>(
  list: usize,
  listsEnd: usize,
  listBytes: usize,
  band: u32,
  incidence: usize,
  values: usize,
  rowStride: usize,
  to: usize,
  sums: usize,
  rowBytes: usize,
): void {
  const ahead = <usize>(band + 1) * listBytes;
  for (; list < listsEnd; list += 4) {
    const part = list + ahead;
    let first = load<u32>(part);
    const stop = load<u32>(part, 4);
    if (first < stop) {
      // How many pairs of the list the bands before have added.
      let count: u32 = 0;
      for (let before = list + listBytes; before < part; before += listBytes)
        count += load<u32>(before, 4) - load<u32>(before);
      const further = sums + <usize>(load<u32>(list) / block) * rowBytes;
      do {
        const filled = count % block;
        const until = min(stop, first + block - filled);
        const pairs = incidence + ((<usize>first) << 3);
        const pairsEnd = incidence + ((<usize>until) << 3);
        const into = count < block ? to : further + <usize>(count / block) * rowBytes;
        if (offsetof<Width>()) sumOn<Width>(pairs, pairsEnd, values, rowStride, into, filled == 0);
        else gatherOn(pairs, pairsEnd, values, rowStride, rowBytes, into, filled == 0);
        count += until - first;
        first = until;
      } while (first < stop);
    } else if (band == 0) zero(to, rowBytes);
    to += rowBytes;
  }
}

/** Threads take an eighth of an even share at a time: the first of each come before all others. */
const firstOnes: u32 = 8;

/**
 * Reads a map that so many invocations need, from front to back, and keeps nothing: rows that are fetched from far one by one take several times
 * as long. The first eighth of the invocations does it, each its part. What was read is stored, so that no compiler leaves it out.
 */
function readFirst(map: usize, bytes: usize, count: u32, begin: u32, end: u32): void {
  const share = <u64>bytes * firstOnes;
  const last = map + min(bytes, <usize>((share * end) / count));
  let read: u32 = 0;
  for (let at = map + <usize>((share * begin) / count); at < last; at += 64) read = read ^ load<u32>(at);
  store<u32>(scratch, read);
}
