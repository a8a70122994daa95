import { exp4, largestOf, sumLanes, tailMask } from "../shared/simd";

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
  const last = rowStride - 16;
  const tail = tailMask(channels);
  for (let row = begin; row < end; row++) {
    const to = losses + ((<usize>row) << 4);
    v128.store(to, f32x4.splat(0));
    const label = <u32>load<u8>(labels + first + row);
    if (label == ignore) continue;
    const at = scores + <usize>row * rowStride;
    const largest = largestOf(at, last, tail);
    const sum = sumOfPowers(at, last, tail, largest);
    const score = load<f32>(at + ((<usize>label) << 2)) - f32x4.extract_lane(largest, 0);
    let loss = Mathf.log(sum) - score;
    if (epsilon > 0) {
      const power = f32x4.extract_lane(exp4(f32x4.splat(score)), 0);
      loss = -Mathf.log(power / sum + epsilon);
    }
    store<f32>(to, factor * load<f32>(weights + ((<usize>label) << 2)) * loss);
  }
}

/** Σ exp(score − largest); NaN where a score is NaN or infinity, which is no less than itself. */
// @ts-ignore: decorator
@inline
export function sumOfPowers(at: usize, last: usize, tail: v128, largest: v128): f32 {
  let sum = v128.and(exp4(f32x4.sub(v128.load(at + last), largest)), tail);
  for (let i: usize = 0; i < last; i += 16) sum = f32x4.add(sum, exp4(f32x4.sub(v128.load(at + i), largest)));
  return f32x4.extract_lane(sumLanes(sum), 0);
}
