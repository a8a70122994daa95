import { denominatorOf, numeratorOf } from "./interpolation";

/** Twin of kernels/nn/resize.wgsl. */
export function resize(
  values: usize,
  result: usize,
  rows: u32,
  first: u32,
  height: u32,
  width: u32,
  valueHeight: u32,
  valueWidth: u32,
  valueFirst: u32,
  quads: u32,
  aligned: u32,
  valueSkip: u32,
  resultSkip: u32,
  begin: u32,
  end: u32,
): void {
  const perRow = denominatorOf(height, aligned);
  const perColumn = denominatorOf(width, aligned);
  const pixelStride = (<usize>quads) << 4;
  const rowStride = <usize>valueWidth * pixelStride;
  let to = result + ((<usize>(resultSkip + begin)) << 4);
  for (let index = begin; index < end;) {
    const quad = index % quads;
    const pixel = index / quads;
    const count = min(quads - quad, end - index);
    const y = numeratorOf(first + pixel / width, valueHeight, height, aligned);
    const x = numeratorOf(pixel % width, valueWidth, width, aligned);
    const fy = f32x4.splat(<f32>(y % perRow) / <f32>perRow);
    const fx = f32x4.splat(<f32>(x % perColumn) / <f32>perColumn);
    const right = x % perColumn > 0 ? pixelStride : 0;
    const down = y % perRow > 0 ? rowStride : 0;
    let from =
      values +
      ((<usize>(valueSkip + quad)) << 4) +
      <usize>(y / perRow - valueFirst) * rowStride +
      <usize>(x / perColumn) * pixelStride;
    // The quads of a pixel have its position and its shares in common.
    for (let i: u32 = 0; i < count; i++) {
      const upper = mixed(v128.load(from), v128.load(from + right), fx);
      const lower = mixed(v128.load(from + down), v128.load(from + down + right), fx);
      v128.store(to, mixed(upper, lower, fy));
      from += 16;
      to += 16;
    }
    index += count;
  }
}

// @ts-ignore: decorator
@inline
function mixed(a: v128, b: v128, share: v128): v128 {
  return f32x4.add(a, f32x4.mul(f32x4.sub(b, a), share));
}
