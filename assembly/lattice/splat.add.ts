import { rowOf } from "../shared/rows";
import { block, blockBegin, firstSum, sumCount } from "./incidence";

/** Twin of kernels/lattice/splat.add.wgsl. */
export function splatAdd(
  offsets: usize,
  blockVertices: usize,
  sums: usize,
  result: usize,
  level: u32,
  blockStride: u32,
  firstRow: u32,
  rows: u32,
  nextRows: u32,
  quads: u32,
  begin: u32,
  end: u32,
): void {
  const rowBytes = (<usize>quads) << 4;
  const own = sums + <usize>firstRow * rowBytes;
  const stop = rowOf(end, quads);
  for (let row = rowOf(begin, quads); row < stop; row++) {
    const further = row >= rows;
    const next = row - rows;
    const ofEntry = further ? next * blockStride * block : row * blockStride;
    const vertex = load<u32>(blockVertices + ((<usize>ofEntry) << 2));
    const list = offsets + ((<usize>vertex) << 2);
    let first = load<u32>(list);
    let items = load<u32>(list, 4) - first;
    for (let i: u32 = 0; i < level; i++) {
      first = firstSum(first);
      items = sumCount(items);
    }
    const last = first + items;
    const item = further ? blockBegin(first, last, next) : row == first ? row : last;
    if (item == last) continue;
    const into = further ? own + <usize>row * rowBytes : result + <usize>vertex * rowBytes;
    const terms = min(block, last - item);
    for (let at: usize = 0; at < rowBytes; at += 16) {
      let sum = f32x4.splat(0);
      for (let i: u32 = 0; i < terms; i++) sum = f32x4.add(sum, v128.load(own + <usize>(item + i) * rowBytes + at));
      v128.store(into + at, further ? sum : f32x4.add(v128.load(into + at), sum));
    }
  }
}
