import { denominatorOf, numeratorOf } from "./interpolation";

/** Twin of kernels/nn/resize.pullback.wgsl. */
export function resizePullback(
  gradient: usize,
  valueGradient: usize,
  rows: u32,
  first: u32,
  valueHeight: u32,
  valueWidth: u32,
  height: u32,
  width: u32,
  gradientRows: u32,
  gradientFirst: u32,
  accumulate: u32,
  quads: u32,
  aligned: u32,
  gradientSkip: u32,
  valueSkip: u32,
  begin: u32,
  end: u32,
): void {
  const pixelStride = (<usize>quads) << 4;
  let to = valueGradient + ((<usize>(valueSkip + begin)) << 4);
  for (let index = begin; index < end;) {
    const quad = index % quads;
    const pixel = index / quads;
    const bytes = (<usize>min(quads - quad, end - index)) << 4;
    const row = first + pixel / valueWidth;
    const column = pixel % valueWidth;
    const yBegin = max(beginOf(row, valueHeight, height, aligned), gradientFirst);
    const yEnd = min(endOf(row, valueHeight, height, aligned), gradientFirst + gradientRows);
    const xBegin = beginOf(column, valueWidth, width, aligned);
    const xEnd = endOf(column, valueWidth, width, aligned);
    if (!accumulate) memory.fill(to, 0, bytes);
    for (let y = yBegin; y < yEnd; y++) {
      const ofRow = shareOf(row, y, valueHeight, height, aligned);
      const start = gradient + ((<usize>(gradientSkip + quad)) << 4) + <usize>(y - gradientFirst) * width * pixelStride;
      for (let x = xBegin; x < xEnd; x++) {
        const share = f32x4.splat(ofRow * shareOf(column, x, valueWidth, width, aligned));
        const from = start + <usize>x * pixelStride;
        for (let at: usize = 0; at < bytes; at += 16) {
          v128.store(to + at, f32x4.add(v128.load(to + at), f32x4.mul(share, v128.load(from + at))));
        }
      }
    }
    to += bytes;
    index += <u32>(bytes >> 4);
  }
}

// @ts-ignore: decorator
@inline
function beginOf(place: u32, before: u32, after: u32, aligned: u32): u32 {
  if (place == 0) return 0;
  if (aligned) return ((place - 1) * (after - 1)) / (before - 1) + 1;
  return ((2 * place - 1) * after + before) / (2 * before);
}

// @ts-ignore: decorator
@inline
function endOf(place: u32, before: u32, after: u32, aligned: u32): u32 {
  if (place == before - 1) return after;
  if (!aligned) return min(after, ((2 * place + 3) * after + before - 1) / (2 * before));
  if (after == 1) return place == 0 ? 1 : 0;
  return ((place + 1) * (after - 1) + before - 2) / (before - 1);
}

// @ts-ignore: decorator
@inline
function shareOf(place: u32, index: u32, before: u32, after: u32, aligned: u32): f32 {
  const denominator = denominatorOf(after, aligned);
  const numerator = numeratorOf(index, before, after, aligned);
  const own = place * denominator;
  if (numerator >= own) return 1 - <f32>(numerator - own) / <f32>denominator;
  return <f32>(numerator + denominator - own) / <f32>denominator;
}
