import { gather } from "./gather";
import { block, blockBegin } from "./incidence";

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
  const one = f32x4.splat(1);
  const ofBlocks = (vertices + 1) * quads;
  let index = begin;
  while (index < end) {
    const row = index / quads;
    const quad = index - row * quads;
    const count = min(quads - quad, end - index);
    const further = row > vertices;
    const ofSums = row - vertices - 1;
    const vertex = further ? load<u32>(blockVertices + ((<usize>ofSums) << 2)) : row;
    const list = offsets + ((<usize>vertex) << 2);
    const last = load<u32>(list, 4);
    let first = load<u32>(list);
    if (further) first = blockBegin(first, last, ofSums);
    if (!further || first < last) {
      const from = incidence + ((<usize>first) << 3);
      const to = incidence + ((<usize>min(first + block, last)) << 3);
      const column = values + ((<usize>(valueOffset + quad)) << 4);
      const into = further ? sums + ((<usize>(index - ofBlocks)) << 4) : result + ((<usize>index) << 4);
      gather(from, to, column, (<usize>valueQuads) << 4, count, one, into);
    }
    index += count;
  }
}
