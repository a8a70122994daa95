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
  for (let quad: usize = 0; quad < rowBytes; quad += 16) {
    let least = i32x4.splat(0x7fffffff);
    let largest = v128.not(least);
    let from = features + quad + <usize>begin * rowBytes;
    for (let point = begin; point < end; point++) {
      const bits = v128.load(from);
      // The order of negative floats is that of their bits reversed.
      const ordered = v128.xor(bits, i32x4.shr_u(i32x4.shr_s(bits, 31), 1));
      least = i32x4.min_s(least, ordered);
      largest = i32x4.max_s(largest, ordered);
      from += rowBytes;
    }
    // With the other sign they are in order without one, of which the least are wanted as complements.
    v128.store(scratch, v128.xor(least, i32x4.splat(0x7fffffff)));
    v128.store(scratch, v128.xor(largest, i32x4.splat(0x80000000)), 16);
    for (let at: usize = 0; at < 32; at += 4) keepLargest(ranges + (quad << 1) + at, load<u32>(scratch + at));
  }
}
