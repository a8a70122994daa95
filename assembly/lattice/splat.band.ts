import { rowOf } from "../shared/rows";
import { gatherOn, zero } from "./gather";
import { block } from "./incidence";

/** Twin of kernels/lattice/splat.band.wgsl. */
export function splatBand(
  offsets: usize,
  incidence: usize,
  values: usize,
  lists: usize,
  nextLists: usize,
  result: usize,
  sums: usize,
  vertices: u32,
  last: u32,
  levels: u32,
  quads: u32,
  valueQuads: u32,
  valueOffset: u32,
  begin: u32,
  end: u32,
): void {
  const rowStride = (<usize>valueQuads) << 4;
  const rowBytes = (<usize>quads) << 4;
  const column = values + ((<usize>valueOffset) << 4);
  const lastRow = rowOf(end, quads);
  for (let vertex = rowOf(begin, quads); vertex < lastRow; vertex++) {
    const own = result + <usize>vertex * rowBytes;
    if (vertex == vertices) {
      zero(own, rowBytes);
      return;
    }
    const ends = offsets + ((<usize>vertex) << 2);
    let first = load<u32>(ends);
    const stop = load<u32>(ends, 4);
    // How many pairs have been added, and above that the row in `sums`.
    const state = load<u64>(lists + ((<usize>vertex) << 3));
    store<u64>(nextLists + ((<usize>vertex) << 3), state + (stop - first));
    let count = <u32>state;
    const row = sums + <usize>(<u32>(state >> 32) * levels) * rowBytes;
    while (first < stop) {
      const filled = count % block;
      const until = min(stop, first + block - filled);
      if (filled == 0 && count > block) carryAll(1, count / block - 2, row, rowBytes, own);
      const pairs = incidence + ((<usize>first) << 3);
      const pairsEnd = incidence + ((<usize>until) << 3);
      gatherOn(pairs, pairsEnd, column, rowStride, rowBytes, count >= block ? row : own, filled == 0);
      count += until - first;
      first = until;
    }
    if (last && count > block) closeAll(count, row, rowBytes, own);
  }
}

/** Carries what a row of quads has in the level below `level` into `level`, as item `item`. */
function carryAll(level: u32, item: u32, row: usize, rowBytes: usize, own: usize): void {
  for (let at: usize = 0; at < rowBytes; at += 16) {
    carry(level, item, v128.load(row + <usize>(level - 1) * rowBytes + at), row + at, rowBytes, own + at);
  }
}

/** Adds the sum of a closed block as an item to the sums of a level; blocks that this closes go one level up. */
function carry(firstLevel: u32, firstItem: u32, closed: v128, row: usize, rowBytes: usize, own: usize): void {
  let item = firstItem;
  let value = closed;
  for (let place = row + <usize>firstLevel * rowBytes; ; place += rowBytes) {
    if (item % block != 0) {
      v128.store(place, f32x4.add(v128.load(place), value));
      return;
    }
    const before = v128.load(place);
    v128.store(place, f32x4.add(f32x4.splat(0), value));
    if (item == 0) return;
    if (item == block) {
      v128.store(own, f32x4.add(v128.load(own), before));
      return;
    }
    value = before;
    item = item / block - 2;
  }
}

/** Closes the blocks that are being filled, from level 0 up, where `count` pairs have been added. */
function closeAll(count: u32, row: usize, rowBytes: usize, own: usize): void {
  let closing = (count - 1) / block;
  let level: u32 = 0;
  while (closing != 0) {
    carryAll(level + 1, closing - 1, row, rowBytes, own);
    closing = (closing - 1) / block;
    level++;
  }
  for (let at: usize = 0; at < rowBytes; at += 16) {
    v128.store(own + at, f32x4.add(v128.load(own + at), v128.load(row + <usize>level * rowBytes + at)));
  }
}
