// The formats of kernels/nn/permute.wgsl.
const FLOAT32: u32 = 0;
const FLOAT16: u32 = 1;
const UINT8: u32 = 2;

/** Twin of kernels/nn/permute.wgsl. */
export function permute(
  values: usize,
  result: usize,
  outer: u32,
  rows: u32,
  width: u32,
  firstLane: u32,
  channels: u32,
  outerStride: u32,
  rowStride: u32,
  columnStride: u32,
  channelStride: u32,
  resultOuterStride: u32,
  resultRowStride: u32,
  resultColumnStride: u32,
  valueSkip: u32,
  resultSkip: u32,
  format: u32,
  factor: f32,
  begin: u32,
  end: u32,
): void {
  const lastLane = firstLane + channels;
  const quads = (lastLane + 3) >> 2;
  const factors = f32x4.splat(factor);
  // Channels beside each other are copied four at a time.
  const dense = format == FLOAT32 && channelStride == 1;
  let quad = begin % quads;
  const pixel = begin / quads;
  let x = pixel % width;
  let y = (pixel / width) % rows;
  let a = pixel / width / rows;
  for (let index = begin; index < end; index++) {
    const first = valueSkip + a * outerStride + y * rowStride + x * columnStride;
    const to =
      result +
      ((<usize>(resultSkip + a * resultOuterStride + y * resultRowStride + x * resultColumnStride + quad)) << 4);
    const lanes = quad << 2;
    if (dense && lanes >= firstLane && lanes + 4 <= lastLane) {
      v128.store(to, f32x4.mul(factors, v128.load(values + ((<usize>(first + lanes - firstLane)) << 2))));
    } else {
      for (let lane: u32 = 0; lane < 4; lane++) {
        const c = lanes + lane;
        if (c < firstLane) continue;
        const value = c < lastLane ? factor * number(values, first + (c - firstLane) * channelStride, format) : 0;
        store<f32>(to + ((<usize>lane) << 2), value);
      }
    }
    if (++quad < quads) continue;
    quad = 0;
    if (++x < width) continue;
    x = 0;
    if (++y < rows) continue;
    y = 0;
    a++;
  }
}

// @ts-ignore: decorator
@inline
function number(values: usize, at: usize, format: u32): f32 {
  if (format == FLOAT32) return load<f32>(values + (at << 2));
  if (format == FLOAT16) return widened(<u32>load<u16>(values + (at << 1)));
  if (format == UINT8) return <f32>load<u8>(values + at);
  return <f32>load<i32>(values + (at << 2));
}

function widened(bits: u32): f32 {
  const sign = (bits & 0x8000) << 16;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent == 0) return reinterpret<f32>(sign | reinterpret<u32>(<f32>fraction * <f32>5.9604644775390625e-8));
  return reinterpret<f32>(sign | ((exponent == 31 ? 255 : exponent + 112) << 23) | (fraction << 13));
}
