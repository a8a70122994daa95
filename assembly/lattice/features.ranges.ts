import { scratch } from "../shared/scratch";
import { keepLargest } from "../shared/status";

/** Twin of kernels/lattice/features.ranges.wgsl. Four features of a point are compared at once, as integers with a sign. */
export function featuresRanges(
  features: usize,
  ranges: usize,
  points: u32,
  dimensions: u32,
  begin: u32,
  end: u32,
): void {
  const rowBytes = (<usize>((dimensions + 3) & ~3)) << 2;
  for (let first: u32 = 0; first < dimensions; first += 4) {
    let least = i32x4.splat(0x7fffffff);
    let largest = i32x4.splat(0x80000000);
    let from = features + <usize>begin * rowBytes + ((<usize>first) << 2);
    for (let point = begin; point < end; point++) {
      const bits = v128.load(from);
      // The order of negative floats is that of their bits reversed.
      const ordered = v128.xor(bits, i32x4.shr_u(i32x4.shr_s(bits, 31), 1));
      least = i32x4.min_s(least, ordered);
      largest = i32x4.max_s(largest, ordered);
      from += rowBytes;
    }
    const sign = i32x4.splat(0x80000000);
    least = v128.xor(v128.not(least), sign);
    largest = v128.xor(largest, sign);
    v128.store(scratch, v128.shuffle<u32>(least, largest, 0, 4, 1, 5));
    v128.store(scratch, v128.shuffle<u32>(least, largest, 2, 6, 3, 7), 16);
    for (let i: u32 = 0; i < min(4, dimensions - first) << 1; i++) {
      keepLargest(ranges + ((<usize>((first << 1) + i)) << 2), load<u32>(scratch + ((<usize>i) << 2)));
    }
  }
}
