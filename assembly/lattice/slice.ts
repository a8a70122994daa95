import { gather, reachesFar, together, touch } from "./gather";

/** Twin of kernels/lattice/slice.wgsl. */
export function slice(
  simplices: usize,
  values: usize,
  result: usize,
  points: u32,
  quads: u32,
  resultQuads: u32,
  resultOffset: u32,
  factor: f32,
  dimensions: u32,
  begin: u32,
  end: u32,
): void {
  const simplexBytes = (<usize>(dimensions + 1)) << 3;
  const rowStride = (<usize>quads) << 4;
  const scale = f32x4.splat(factor);
  let index = begin;
  let touched = begin / quads;
  while (index < end) {
    const point = index / quads;
    const quad = index - point * quads;
    const count = min(quads - quad, end - index);
    const first = simplices + <usize>point * simplexBytes;
    if (point == touched) {
      touched = min(point + together, (end + quads - 1) / quads);
      const last = simplices + <usize>touched * simplexBytes;
      if (reachesFar(first, last, simplexBytes, rowStride)) touch(first, last, values, rowStride, rowStride);
    }
    const to = result + ((<usize>(point * resultQuads + resultOffset + quad)) << 4);
    gather(first, first + simplexBytes, values + ((<usize>quad) << 4), rowStride, count, scale, to);
    index += count;
  }
}
