import { multiplyAdd, sumLanes } from "../shared/simd";
import { ACTIVATION_SOFTMAX } from "./activation";

/** Twin of kernels/crf/softmax.pullback.wgsl; zeros in the padding of values and gradient give zeros in that of result. */
export function softmaxPullback(
  values: usize,
  gradient: usize,
  result: usize,
  rows: u32,
  channels: u32,
  activation: u32,
  begin: u32,
  end: u32,
): void {
  const rowStride = (<usize>((channels + 3) >> 2)) << 4;
  const zero = f32x4.splat(0);
  for (let row = begin; row < end; row++) {
    const first = <usize>row * rowStride;
    let product = zero;
    let sum = zero;
    for (let at = first; at < first + rowStride; at += 16) {
      const value = f32x4.pmax(v128.load(values + at), zero);
      product = multiplyAdd(value, v128.load(gradient + at), product);
      sum = f32x4.add(sum, value);
    }
    product = sumLanes(product);
    if (activation == ACTIVATION_SOFTMAX) {
      for (let at = first; at < first + rowStride; at += 16) {
        const centered = f32x4.sub(v128.load(gradient + at), product);
        v128.store(result + at, f32x4.mul(v128.load(values + at), centered));
      }
      continue;
    }
    sum = f32x4.add(sumLanes(sum), f32x4.splat(1e-20));
    product = f32x4.div(product, sum);
    for (let at = first; at < first + rowStride; at += 16) {
      const centered = f32x4.div(f32x4.sub(v128.load(gradient + at), product), sum);
      v128.store(result + at, v128.andnot(centered, f32x4.le(v128.load(values + at), zero)));
    }
  }
}
