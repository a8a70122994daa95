import { scratch } from "../shared/scratch";
import { keepLargest } from "../shared/status";

/** Twin of kernels/lattice/plane.ranges.wgsl. Both features of a point are compared at once, as integers with a sign. */
export function planeRanges(features: usize, ranges: usize, points: u32, begin: u32, end: u32): void {
  let least = i32x4.splat(0x7fffffff);
  let largest = i32x4.splat(0x80000000);
  for (let point = begin; point < end; point++) {
    const bits = v128.load(features + ((<usize>point) << 4));
    // The order of negative floats is that of their bits reversed.
    const ordered = v128.xor(bits, i32x4.shr_u(i32x4.shr_s(bits, 31), 1));
    least = i32x4.min_s(least, ordered);
    largest = i32x4.max_s(largest, ordered);
  }
  const both = v128.shuffle<u32>(v128.not(least), largest, 0, 4, 1, 5);
  v128.store(scratch, v128.xor(both, i32x4.splat(0x80000000)));
  for (let at: usize = 0; at < 16; at += 4) keepLargest(ranges + at, load<u32>(scratch + at));
}
