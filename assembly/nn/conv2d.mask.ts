/** Twin of kernels/nn/conv2d.mask.wgsl. */
export function conv2dMask(gradient: usize, output: usize, result: usize, count: u32, begin: u32, end: u32): void {
  const zero = f32x4.splat(0);
  for (let at = <usize>begin << 4; at < <usize>end << 4; at += 16) {
    v128.store(result + at, v128.and(v128.load(gradient + at), f32x4.gt(v128.load(output + at), zero)));
  }
}
