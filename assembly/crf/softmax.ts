import { exp4, largestLane, sumLanes } from "../shared/simd";

/** Twin of kernels/crf/softmax.wgsl. Padding lanes are taken as −∞, so their exp is zero. */
export function softmax(values: usize, result: usize, rows: u32, channels: u32, begin: u32, end: u32): void {
  const quads = (channels + 3) >> 2;
  const stride = <usize>quads << 4;
  const last = stride - 16;
  const tail = paddingMask(channels);
  const lowest = f32x4.splat(-f32.MAX_VALUE);
  for (let row = begin; row < end; row++) {
    const from = values + <usize>row * stride;
    const to = result + <usize>row * stride;
    let most = v128.bitselect(v128.load(from + last), lowest, tail);
    for (let at: usize = 0; at < last; at += 16) most = f32x4.max(most, v128.load(from + at));
    const largest = f32x4.splat(largestLane(most));
    let sum = f32x4.splat(0);
    for (let at: usize = 0; at < last; at += 16) {
      const power = exp4(f32x4.sub(v128.load(from + at), largest));
      v128.store(to + at, power);
      sum = f32x4.add(sum, power);
    }
    const power = v128.and(exp4(f32x4.sub(v128.load(from + last), largest)), tail);
    v128.store(to + last, power);
    const factor = f32x4.splat(<f32>1 / sumLanes(f32x4.add(sum, power)));
    for (let at: usize = 0; at < stride; at += 16) v128.store(to + at, f32x4.mul(v128.load(to + at), factor));
  }
}

/** All bits set in the lanes of the last quad that hold channels. */
// @ts-ignore: decorator
@inline
export function paddingMask(channels: u32): v128 {
  const left = channels & 3;
  return i32x4.lt_u(i32x4(0, 1, 2, 3), i32x4.splat(left ? left : 4));
}
