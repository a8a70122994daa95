/** Twin of kernels/nn/scale.wgsl. */
export function scale(values: usize, result: usize, count: u32, factor: f32, begin: u32, end: u32): void {
  const factors = f32x4.splat(factor);
  for (let index = <usize>begin; index < <usize>end; index++) {
    v128.store(result + (index << 4), f32x4.mul(factors, v128.load(values + (index << 4))));
  }
}
