import { exp4 } from "../shared/simd";
import { largestScore, sumOfPowers, tailMask } from "./crossEntropy";

/** Twin of kernels/nn/crossEntropy.pullback.wgsl. */
export function crossEntropyPullback(
  scores: usize,
  labels: usize,
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
  const stride = <usize>((channels + 3) >> 2) << 4;
  for (let row = begin; row < end; row++) {
    const to = scoreGradient + <usize>row * stride;
    const label = <u32>load<u8>(labels + first + row);
    if (label == ignore) {
      memory.fill(to, 0, stride);
      continue;
    }
    const at = scores + <usize>row * stride;
    const largest = largestScore(at, channels);
    const sum = sumOfPowers(at, channels, largest);
    let weight = factor * load<f32>(gradient);
    if (epsilon > 0) {
      const score = load<f32>(at + (<usize>label << 2)) - largest;
      const p = f32x4.extract_lane(exp4(f32x4.splat(score)), 0) / sum;
      weight *= p / (p + epsilon);
    }
    const weights = f32x4.splat(weight);
    const most = f32x4.splat(largest);
    const sums = f32x4.splat(sum);
    const last = stride - 16;
    for (let i: usize = 0; i < stride; i += 16) {
      let p = f32x4.div(exp4(f32x4.sub(v128.load(at + i), most)), sums);
      if (i == last) p = v128.and(p, tailMask(channels));
      // One where the channel is the label.
      const channel = i32x4.add(i32x4.splat(<u32>(i >> 2)), i32x4(0, 1, 2, 3));
      const one = v128.and(i32x4.eq(channel, i32x4.splat(label)), f32x4.splat(1));
      v128.store(to + i, f32x4.mul(weights, f32x4.sub(p, one)));
    }
  }
}
