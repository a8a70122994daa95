/** Twin of kernels/nn/tanh.pullback.wgsl. */
export function tanhPullback(result: usize, gradient: usize, count: u32, begin: u32, end: u32): void {
  const one = f32x4.splat(1);
  for (let index = <usize>begin; index < <usize>end; index++) {
    const at = index << 4;
    const y = v128.load(result + at);
    v128.store(gradient + at, f32x4.mul(v128.load(gradient + at), f32x4.sub(one, f32x4.mul(y, y))));
  }
}
