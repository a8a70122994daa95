import { exp4, largestOf, sumLanes, tailMask } from "../shared/simd";

/** Twin of kernels/nn/crossEntropy.pullback.wgsl. */
export function crossEntropyPullback(
  scores: usize,
  labels: usize,
  weights: usize,
  gradient: usize,
  scoreGradient: usize,
  rows: u32,
  channels: u32,
  first: u32,
  ignore: u32,
  epsilon: f32,
  factor: f32,
  begin: u32,
  end: u32,
): void {
  const rowStride = (<usize>((channels + 3) >> 2)) << 4;
  const last = rowStride - 16;
  const tail = tailMask(channels);
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
    for (let i: usize = 0; i < rowStride; i += 16) {
      let power = exp4(f32x4.sub(v128.load(at + i), largest));
      if (i == last) power = v128.and(power, tail);
      v128.store(to + i, power);
      powers = f32x4.add(powers, power);
    }
    const sum = f32x4.extract_lane(sumLanes(powers), 0);
    const own = to + ((<usize>label) << 2);
    let weight = factor * load<f32>(weights + ((<usize>label) << 2)) * load<f32>(gradient);
    if (epsilon > 0) {
      const p = load<f32>(own) / sum;
      weight *= p / (p + epsilon);
    }
    const share = f32x4.splat(weight / sum);
    for (let i: usize = 0; i < rowStride; i += 16) v128.store(to + i, f32x4.mul(share, v128.load(to + i)));
    store<f32>(own, load<f32>(own) - weight);
  }
}
