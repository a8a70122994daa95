import { exp4, sumLanes } from "../shared/simd";

/** Twin of kernels/nn/crossEntropy.wgsl. */
export function crossEntropy(
  scores: usize,
  labels: usize,
  weights: usize,
  losses: usize,
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
  for (let row = begin; row < end; row++) {
    const to = losses + ((<usize>row) << 4);
    v128.store(to, f32x4.splat(0));
    const label = <u32>load<u8>(labels + first + row);
    if (label == ignore) continue;
    const at = scores + <usize>row * rowStride;
    const largest = largestScore(at, channels);
    const sum = sumOfPowers(at, channels, largest);
    const score = load<f32>(at + ((<usize>label) << 2)) - largest;
    let loss = Mathf.log(sum) - score;
    if (epsilon > 0) {
      const power = f32x4.extract_lane(exp4(f32x4.splat(score)), 0);
      loss = -Mathf.log(power / sum + epsilon);
    }
    // NaN, which reaches the maximum, or infinity.
    if (!(largest <= f32.MAX_VALUE)) loss = NaN;
    store<f32>(to, factor * load<f32>(weights + ((<usize>label) << 2)) * loss);
  }
}

/** Lanes of the last quad that hold channels. */
// @ts-ignore: decorator
@inline
export function tailMask(channels: u32): v128 {
  const left = channels & 3;
  return i32x4.lt_u(i32x4(0, 1, 2, 3), i32x4.splat(left ? left : 4));
}

// @ts-ignore: decorator
@inline
export function largestScore(at: usize, channels: u32): f32 {
  const last = (<usize>((channels - 1) >> 2)) << 4;
  // Padding lanes are no candidates for the maximum.
  let most = v128.bitselect(v128.load(at + last), f32x4.splat(-f32.MAX_VALUE), tailMask(channels));
  // Unlike pmax, max lets NaN through, so that the loss shows it.
  for (let i: usize = 0; i < last; i += 16) most = f32x4.max(most, v128.load(at + i));
  most = f32x4.max(most, v128.shuffle<f32>(most, most, 2, 3, 0, 1));
  most = f32x4.max(most, v128.shuffle<f32>(most, most, 1, 0, 3, 2));
  return f32x4.extract_lane(most, 0);
}

/** Σ exp(score − largest). */
// @ts-ignore: decorator
@inline
export function sumOfPowers(at: usize, channels: u32, largest: f32): f32 {
  const last = (<usize>((channels - 1) >> 2)) << 4;
  const most = f32x4.splat(largest);
  let sum = v128.and(exp4(f32x4.sub(v128.load(at + last), most)), tailMask(channels));
  for (let i: usize = 0; i < last; i += 16) sum = f32x4.add(sum, exp4(f32x4.sub(v128.load(at + i), most)));
  return f32x4.extract_lane(sumLanes(sum), 0);
}
