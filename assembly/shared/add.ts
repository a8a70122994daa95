/** Twin of kernels/shared/add.wgsl. */
export function add(a: usize, b: usize, result: usize, count: u32, begin: u32, end: u32): void {
  for (let index = <usize>begin; index < <usize>end; index++) {
    const at = index << 4;
    v128.store(result + at, f32x4.add(v128.load(a + at), v128.load(b + at)));
  }
}
