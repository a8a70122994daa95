import { exp4, largestOf, sumLanes, tailMask } from "../shared/simd";

/** Twin of kernels/nn/dice.pullback.wgsl. */
export function dicePullback(
  scores: usize,
  labels: usize,
  slopes: usize,
  gradient: usize,
  scoreGradient: usize,
  rows: u32,
  channels: u32,
  first: u32,
  ignore: u32,
  begin: u32,
  end: u32,
): void {
  const rowStride = (<usize>((channels + 3) >> 2)) << 4;
  const tail = tailMask(channels);
  const last = rowStride - 16;
  const incoming = f32x4.splat(load<f32>(gradient));
  for (let row = begin; row < end; row++) {
    const to = scoreGradient + <usize>row * rowStride;
    const label = <u32>load<u8>(labels + first + row);
    if (label == ignore) {
      memory.fill(to, 0, rowStride);
      continue;
    }
    const at = scores + <usize>row * rowStride;
    const largest = largestOf(at, last, tail);
    let powers = f32x4.splat(0);
    let products = f32x4.splat(0);
    for (let i: usize = 0; i < rowStride; i += 16) {
      let power = exp4(f32x4.sub(v128.load(at + i), largest));
      let slope = slopeOf(slopes, rowStride, i, label);
      if (i == last) {
        power = v128.and(power, tail);
        slope = v128.and(slope, tail);
      }
      v128.store(to + i, power);
      powers = f32x4.add(powers, power);
      products = f32x4.add(products, f32x4.mul(power, slope));
    }
    const sum = f32x4.splat(f32x4.extract_lane(sumLanes(powers), 0));
    const mean = f32x4.div(f32x4.splat(f32x4.extract_lane(sumLanes(products), 0)), sum);
    for (let i: usize = 0; i < rowStride; i += 16) {
      const share = f32x4.mul(incoming, f32x4.div(v128.load(to + i), sum));
      let own = f32x4.mul(share, f32x4.sub(slopeOf(slopes, rowStride, i, label), mean));
      if (i == last) own = v128.and(own, tail);
      v128.store(to + i, own);
    }
  }
}

/** The slopes of a quad of classes: those of the sums, and of the label's own. */
// @ts-ignore: decorator
@inline
function slopeOf(slopes: usize, stride: usize, at: usize, label: u32): v128 {
  const own = i32x4.eq(i32x4.add(i32x4.splat(<i32>(at >> 2)), i32x4(0, 1, 2, 3)), i32x4.splat(label));
  return f32x4.add(v128.load(slopes + at), v128.and(own, v128.load(slopes + stride + at)));
}
