import { scratch } from "../shared/scratch";
import { multiplyAdd } from "../shared/simd";

/** Twin of kernels/bench/arithmetic.wgsl, four invocations at a time, one a lane. */
export function arithmetic(result: usize, count: u32, rounds: u32, a: f32, b: f32, begin: u32, end: u32): void {
  const factor = f32x4.splat(a);
  const addend = f32x4.splat(b);
  const one = f32x4.splat(1);
  for (let index = begin; index < end; index += 4) {
    const lanes = i32x4.add(i32x4.splat(index), i32x4(0, 1, 2, 3));
    const start = f32x4.convert_i32x4_u(v128.and(lanes, i32x4.splat(63)));
    let x0 = start;
    let x1 = f32x4.add(x0, one);
    let x2 = f32x4.add(x1, one);
    let x3 = f32x4.add(x2, one);
    let x4 = f32x4.add(x3, one);
    let x5 = f32x4.add(x4, one);
    let x6 = f32x4.add(x5, one);
    let x7 = f32x4.add(x6, one);
    let x8 = f32x4.add(x7, one);
    let x9 = f32x4.add(x8, one);
    let x10 = f32x4.add(x9, one);
    let x11 = f32x4.add(x10, one);
    for (let round: u32 = 0; round < rounds; round++) {
      x0 = multiplyAdd(factor, x0, addend);
      x1 = multiplyAdd(factor, x1, addend);
      x2 = multiplyAdd(factor, x2, addend);
      x3 = multiplyAdd(factor, x3, addend);
      x4 = multiplyAdd(factor, x4, addend);
      x5 = multiplyAdd(factor, x5, addend);
      x6 = multiplyAdd(factor, x6, addend);
      x7 = multiplyAdd(factor, x7, addend);
      x8 = multiplyAdd(factor, x8, addend);
      x9 = multiplyAdd(factor, x9, addend);
      x10 = multiplyAdd(factor, x10, addend);
      x11 = multiplyAdd(factor, x11, addend);
    }
    const low = f32x4.add(f32x4.add(x0, x1), f32x4.add(x2, x3));
    const middle = f32x4.add(f32x4.add(x4, x5), f32x4.add(x6, x7));
    const sum = f32x4.add(f32x4.add(low, middle), f32x4.add(f32x4.add(x8, x9), f32x4.add(x10, x11)));
    v128.store(scratch, sum);
    memory.copy(result + ((<usize>index) << 2), scratch, (<usize>min(4, end - index)) << 2);
  }
}
