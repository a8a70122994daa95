import { log4 } from "../shared/simd";

/** Twin of kernels/nn/logits.wgsl. */
export function logits(
  values: usize,
  result: usize,
  count: u32,
  first: u32,
  channels: u32,
  stacked: u32,
  least: f32,
  factor: f32,
  begin: u32,
  end: u32,
): void {
  const quads = (channels + 3) >> 2;
  for (let index = begin; index < end; index++) {
    const p = v128.load(values + ((<usize>index) << 4));
    const to = result + ((<usize>index) << 4);
    if (stacked) {
      // 1 − p and p beside each other.
      const own = f32x4.extract_lane(p, 0);
      const two = f32x4.replace_lane(f32x4.replace_lane(f32x4.splat(1), 1, own), 0, 1 - own);
      v128.store(to, v128.and(logit(two, least, factor), i32x4(-1, -1, 0, 0)));
      continue;
    }
    const inside = i32x4.lt_u(i32x4(0, 1, 2, 3), i32x4.splat(channels - (((first + index) % quads) << 2)));
    v128.store(to, v128.and(logit(p, least, factor), inside));
  }
}

// @ts-ignore: decorator
@inline
function logit(p: v128, least: f32, factor: f32): v128 {
  const floor = f32x4.splat(least);
  const log = f32x4.mul(f32x4.splat(factor), log4(f32x4.pmax(floor, p)));
  return v128.bitselect(log, f32x4.splat(NaN), f32x4.ge(p, f32x4.neg(floor)));
}
