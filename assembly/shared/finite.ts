import { keepFirst } from "./status";

/** Twin of kernels/shared/finite.wgsl. */
export function finite(values: usize, status: usize, count: u32, begin: u32, end: u32): void {
  const zero = f32x4.splat(0);
  for (let index = begin; index < end; index++) {
    const four = v128.load(values + ((<usize>index) << 4));
    // x − x is zero for finite x alone.
    const bad = ~i32x4.bitmask(f32x4.eq(f32x4.sub(four, four), zero)) & 15;
    if (bad) keepFirst(status, (index << 2) + ctz(bad));
  }
}
