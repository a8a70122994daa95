import { sumLanes } from "../shared/simd";

/** Twin of kernels/nn/mean.wgsl. */
export function mean(sums: usize, result: usize, count: u32, lanes: u32, factor: f32, begin: u32, end: u32): void {
  const first = i32x4(-1, 0, 0, 0);
  for (let index = <usize>begin; index < <usize>end; index++) {
    let four = f32x4.mul(f32x4.splat(factor), v128.load(sums + (index << 4)));
    if (lanes) four = v128.and(sumLanes(four), first);
    v128.store(result + (index << 4), four);
  }
}
