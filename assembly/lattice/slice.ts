import { farthest, gatherRows, nearBytes, together, touch } from "./gather";

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
  const resultStride = (<usize>resultQuads) << 4;
  const scale = f32x4.splat(factor);
  const near = <u32>(nearBytes / rowStride);
  let reached: u32 = 0;
  let index = begin;
  while (index < end) {
    const point = index / quads;
    const quad = index - point * quads;
    // Invocations may begin and end within a row. Between such rows, those of many points are summed in one loop.
    const whole = quad == 0 && index + quads <= end;
    const count = whole ? min((end - index) / quads, together) : 1;
    const taken = whole ? quads : min(quads - quad, end - index);
    const first = simplices + <usize>point * simplexBytes;
    const last = first + <usize>count * simplexBytes;
    const column = (<usize>quad) << 4;
    const to = result + <usize>point * resultStride + ((<usize>resultOffset) << 4) + column;
    if (reached > near) touch(first, last, values, rowStride, rowStride);
    gatherRows(first, last, simplexBytes, values + column, rowStride, taken, scale, to, resultStride);
    reached = farthest(first, last, simplexBytes, reached);
    index += count * taken;
  }
}
