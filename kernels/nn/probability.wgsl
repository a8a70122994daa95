// Returns `otherwise`, or NaN if p is NaN or a negative number below −least. Bits are looked at, because WGSL lets
// compilers assume that no float is NaN: above 0x80000000 lie the negative numbers by their size, then NaN.
fn improper(p: f32, least: f32, otherwise: f32) -> f32 {
  let bits = bitcast<u32>(p);
  let wrong = bits > (bitcast<u32>(least) | 0x80000000u) || (bits & 0x7fffffffu) > 0x7f800000u;
  return select(otherwise, bitcast<f32>(bits | 0x7fc00000u), wrong);
}
