import { exp4 } from "../shared/simd";

/** Twin of kernels/nn/tanh.wgsl. */
export function tanh(values: usize, result: usize, count: u32, begin: u32, end: u32): void {
  const one = f32x4.splat(1);
  const sign = i32x4.splat(0x80000000);
  for (let index = <usize>begin; index < <usize>end; index++) {
    const at = index << 4;
    const x = v128.load(values + at);
    const power = exp4(f32x4.mul(f32x4.abs(x), f32x4.splat(-2)));
    const size = f32x4.div(f32x4.sub(one, power), f32x4.add(one, power));
    v128.store(result + at, v128.or(size, v128.and(x, sign)));
  }
}
