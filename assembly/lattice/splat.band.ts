import { gatherOn } from "./gatherOn";
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
  let index = begin;
  while (index < end) {
    const vertex = index / quads;
    const quad = index - vertex * quads;
    const width = min(quads - quad, end - index);
    const own = result + ((<usize>index) << 4);
    index += width;
    if (vertex == vertices) {
      memory.fill(own, 0, (<usize>width) << 4);
      continue;
    }
    const list = lists + ((<usize>vertex) << 3);
    let count = load<u32>(list);
    const ofSums = load<u32>(list, 4);
    let first = load<u32>(offsets + ((<usize>vertex) << 2));
    const stop = load<u32>(offsets + ((<usize>vertex) << 2), 4);
    if (quad == 0) {
      const next = nextLists + ((<usize>vertex) << 3);
      store<u32>(next, count + stop - first);
      store<u32>(next, ofSums, 4);
    }
    const row = sums + <usize>(ofSums * levels) * rowBytes + ((<usize>quad) << 4);
    const column = values + ((<usize>(valueOffset + quad)) << 4);
    while (first < stop) {
      const filled = count % block;
      const until = min(stop, first + block - filled);
      const further = count >= block;
      if (filled == 0 && count > block) carryAll(1, count / block - 2, row, rowBytes, width, own);
      const into = further ? row : own;
      if (filled == 0) memory.fill(into, 0, (<usize>width) << 4);
      gatherOn(
        incidence + ((<usize>first) << 3),
        incidence + ((<usize>until) << 3),
        column,
        rowStride,
        width,
        into,
        into,
      );
      count += until - first;
      first = until;
    }
    if (last != 0 && count > block) closeAll(count, row, rowBytes, width, own);
  }
}

/** Carries what a row of quads has in the level below `level` into `level`, as item `item`. */
function carryAll(level: u32, item: u32, row: usize, rowBytes: usize, quads: u32, own: usize): void {
  for (let at: usize = 0; at < (<usize>quads) << 4; at += 16) {
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
function closeAll(count: u32, row: usize, rowBytes: usize, quads: u32, own: usize): void {
  let closing = (count - 1) / block;
  let level: u32 = 0;
  while (closing != 0) {
    carryAll(level + 1, closing - 1, row, rowBytes, quads, own);
    closing = (closing - 1) / block;
    level++;
  }
  for (let at: usize = 0; at < (<usize>quads) << 4; at += 16) {
    v128.store(own + at, f32x4.add(v128.load(own + at), v128.load(row + <usize>level * rowBytes + at)));
  }
}
