/** Twin of kernels/nn/relu.wgsl. */
export function relu(values: usize, result: usize, count: u32, begin: u32, end: u32): void {
  const zero = f32x4.splat(0);
  for (let index = <usize>begin; index < <usize>end; index++) {
    const x = v128.load(values + (index << 4));
    v128.store(result + (index << 4), v128.andnot(x, f32x4.le(x, zero)));
  }
}
