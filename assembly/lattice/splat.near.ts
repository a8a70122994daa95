import { scratch } from "../shared/scratch";
import { rowOf } from "../shared/rows";
import { gatherOn, zero } from "./gather";
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
  const last = rowOf(end, quads);
  for (let vertex = rowOf(begin, quads); vertex < last; vertex++) {
    const whole = offsets + ((<usize>vertex) << 2);
    const list = whole + <usize>(band + 1) * listBytes;
    const first = load<u32>(list);
    const stop = load<u32>(list, 4);
    const own = result + <usize>vertex * rowBytes;
    if (first < stop) {
      // How many pairs of the list the bands before have added.
      let count: u32 = 0;
      for (let before = whole + listBytes; before < list; before += listBytes)
        count += load<u32>(before, 4) - load<u32>(before);
      const row = sums + <usize>(load<u32>(whole) / block + count / block) * rowBytes;
      addPart(incidence, first, stop, count, column, rowStride, own, row, rowBytes);
    } else if (band == 0) zero(own, rowBytes);
  }
}

/** Adds the pairs of a list in [first, stop), before which it has `count`, to the sum of its first block or to those of further ones, from `row` on. */
// @ts-ignore: decorator
@inline
function addPart(
  incidence: usize,
  first: u32,
  stop: u32,
  count: u32,
  values: usize,
  rowStride: usize,
  own: usize,
  row: usize,
  rowBytes: usize,
): void {
  while (first < stop) {
    const filled = count % block;
    const until = min(stop, first + block - filled);
    const pairs = incidence + ((<usize>first) << 3);
    const pairsEnd = incidence + ((<usize>until) << 3);
    gatherOn(pairs, pairsEnd, values, rowStride, rowBytes, count < block ? own : row, filled == 0);
    count += until - first;
    first = until;
    row += rowBytes;
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
