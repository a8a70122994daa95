/** Twin of kernels/nn/relu.pullback.wgsl. */
export function reluPullback(result: usize, gradient: usize, count: u32, begin: u32, end: u32): void {
  const zero = f32x4.splat(0);
  for (let index = <usize>begin; index < <usize>end; index++) {
    const at = index << 4;
    const y = v128.load(result + at);
    const active = v128.and(v128.load(gradient + at), f32x4.gt(y, zero));
    // Where y is NaN all bits are set, which is NaN again.
    v128.store(gradient + at, v128.or(active, f32x4.ne(y, y)));
  }
}
