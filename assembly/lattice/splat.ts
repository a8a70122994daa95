import { gather } from "./gather";

/** Twin of kernels/lattice/splat.wgsl. */
export function splat(
  offsets: usize,
  incidence: usize,
  values: usize,
  result: usize,
  vertices: u32,
  quads: u32,
  valueQuads: u32,
  valueOffset: u32,
  begin: u32,
  end: u32,
): void {
  const one = f32x4.splat(1);
  let index = begin;
  while (index < end) {
    const vertex = index / quads;
    const quad = index - vertex * quads;
    const count = min(quads - quad, end - index);
    const list = offsets + ((<usize>vertex) << 2);
    const first = incidence + ((<usize>load<u32>(list)) << 3);
    const last = incidence + ((<usize>load<u32>(list, 4)) << 3);
    const column = values + ((<usize>(valueOffset + quad)) << 4);
    gather(first, last, column, (<usize>valueQuads) << 4, count, one, result + ((<usize>index) << 4));
    index += count;
  }
}
