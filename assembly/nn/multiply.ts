/** Twin of kernels/nn/multiply.wgsl. */
export function multiply(a: usize, b: usize, result: usize, count: u32, begin: u32, end: u32): void {
  for (let index = <usize>begin; index < <usize>end; index++) {
    const at = index << 4;
    v128.store(result + at, f32x4.mul(v128.load(a + at), v128.load(b + at)));
  }
}
