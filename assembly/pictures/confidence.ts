import { sumOfPowers } from "../nn/crossEntropy";
import { largestOf, tailMask } from "../shared/simd";

/** Twin of kernels/pictures/confidence.wgsl. */
export function confidence(logits: usize, result: usize, rows: u32, channels: u32, begin: u32, end: u32): void {
  const rowStride = (<usize>((channels + 3) >> 2)) << 4;
  const last = rowStride - 16;
  const tail = tailMask(channels);
  for (let row = begin; row < end; row++) {
    const at = logits + <usize>row * rowStride;
    const largest = largestOf(at, last, tail);
    store<f32>(result + ((<usize>row) << 2), <f32>1 / sumOfPowers(at, last, tail, largest));
  }
}
