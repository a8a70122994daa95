/** Four half-precision numbers as float32, without loss: subnormal numbers, infinities and NaN are kept. */
// @ts-ignore: decorator
@inline
export function widened(address: usize): v128 {
  const words = v128.load_ext<u16>(address);
  const sign = i32x4.shl(v128.and(words, i32x4.splat(0x8000)), 16);
  const magnitude = v128.and(words, i32x4.splat(0x7fff));
  // The exponents of float32 are 112 higher; a product, unlike a sum of the bits, carries subnormal numbers over, too.
  const finite = f32x4.mul(i32x4.shl(magnitude, 13), f32x4.splat(5.192296858534828e33));
  const beyond = v128.and(i32x4.gt_s(magnitude, i32x4.splat(0x7bff)), i32x4.splat(0x7f800000));
  return v128.or(v128.or(finite, beyond), sign);
}

/** Widens rows of eight half-precision numbers to rows of eight float32. */
export function widenRows(from: usize, to: usize, rows: u32): void {
  for (const end = to + ((<usize>rows) << 5); to < end; to += 32) {
    v128.store(to, widened(from));
    v128.store(to, widened(from + 8), 16);
    from += 16;
  }
}
