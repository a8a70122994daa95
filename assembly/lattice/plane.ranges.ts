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
  keepLargest(ranges, ~(i32x4.extract_lane(least, 0) ^ 0x80000000));
  keepLargest(ranges + 4, i32x4.extract_lane(largest, 0) ^ 0x80000000);
  keepLargest(ranges + 8, ~(i32x4.extract_lane(least, 1) ^ 0x80000000));
  keepLargest(ranges + 12, i32x4.extract_lane(largest, 1) ^ 0x80000000);
}
