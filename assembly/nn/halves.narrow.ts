/** Twin of kernels/nn/halves.narrow.wgsl. */
export function halvesNarrow(values: usize, result: usize, quads: u32, resultSkip: u32, begin: u32, end: u32): void {
  const to = result + ((<usize>resultSkip) << 3);
  for (let index: usize = begin; index < <usize>end; index++) {
    const words = v128.load(values + (index << 4));
    const magnitude = v128.and(words, i32x4.splat(0x7fffffff));
    const last = v128.and(i32x4.shr_u(magnitude, 13), i32x4.splat(1));
    const normal = i32x4.shr_u(i32x4.add(i32x4.add(magnitude, i32x4.splat(0xfff - 0x38000000)), last), 13);
    // A sum with a half counts in steps of 2⁻²⁴, as numbers below 2⁻¹⁴ do, and rounds to them.
    const subnormal = i32x4.sub(f32x4.add(magnitude, f32x4.splat(0.5)), f32x4.splat(0.5));
    const finite = v128.bitselect(subnormal, normal, i32x4.lt_s(magnitude, i32x4.splat(0x38800000)));
    const isNaN = i32x4.gt_s(magnitude, i32x4.splat(0x7f800000));
    const beyond = v128.bitselect(i32x4.splat(0x7e00), i32x4.splat(0x7c00), isNaN);
    const rounded = v128.bitselect(beyond, finite, i32x4.ge_s(magnitude, i32x4.splat(0x477ff000)));
    const halves = v128.or(rounded, v128.and(i32x4.shr_u(words, 16), i32x4.splat(0x8000)));
    // The low two bytes of every word.
    const packed = i8x16.shuffle(halves, halves, 0, 1, 4, 5, 8, 9, 12, 13, 0, 1, 4, 5, 8, 9, 12, 13);
    v128.store64_lane(to + (index << 3), packed, 0);
  }
}
