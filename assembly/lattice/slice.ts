import { rowOf } from "../shared/rows";
import { farthest, gatherRows, nearBytes, togetherBytes, touch } from "./gather";

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
  const to = result + ((<usize>resultOffset) << 4);
  const group = max<u32>(1, <u32>(togetherBytes / (rowStride * (dimensions + 1))));
  let reached: u32 = 0;
  const stop = rowOf(end, quads);
  for (let point = rowOf(begin, quads); point < stop; point += group) {
    const first = simplices + <usize>point * simplexBytes;
    const last = first + <usize>min(group, stop - point) * simplexBytes;
    if (<usize>reached * rowStride > nearBytes) touch(first, last, values, rowStride, rowStride);
    gatherRows(
      first,
      last,
      simplexBytes,
      values,
      rowStride,
      quads,
      scale,
      to + <usize>point * resultStride,
      resultStride,
    );
    reached = farthest(first, last, simplexBytes, reached);
  }
}
