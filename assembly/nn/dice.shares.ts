import { exp4, largestOf, sumLanes, tailMask } from "../shared/simd";

/** Twin of kernels/nn/dice.shares.wgsl. */
export function diceShares(
  scores: usize,
  labels: usize,
  shares: usize,
  right: usize,
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
  for (let row = begin; row < end; row++) {
    const to = shares + <usize>row * rowStride;
    const rightTo = right + <usize>row * rowStride;
    memory.fill(rightTo, 0, rowStride);
    const label = <u32>load<u8>(labels + first + row);
    if (label == ignore) {
      memory.fill(to, 0, rowStride);
      continue;
    }
    const at = scores + <usize>row * rowStride;
    const largest = largestOf(at, last, tail);
    let powers = f32x4.splat(0);
    for (let i: usize = 0; i < rowStride; i += 16) {
      let power = exp4(f32x4.sub(v128.load(at + i), largest));
      if (i == last) power = v128.and(power, tail);
      v128.store(to + i, power);
      powers = f32x4.add(powers, power);
    }
    const sum = f32x4.splat(f32x4.extract_lane(sumLanes(powers), 0));
    for (let i: usize = 0; i < rowStride; i += 16) v128.store(to + i, f32x4.div(v128.load(to + i), sum));
    const own = (<usize>label) << 2;
    store<f32>(rightTo + own, load<f32>(to + own));
  }
}
