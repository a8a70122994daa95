// The rule of NaN, which every kernel keeps on every device (test/nan.suite.ts):
//   - A result that depends on NaN is NaN. A result depends on a number if another finite number in its place would
//     give another result. So nothing depends on the scores of an ignored pixel or on what dropout drops, and no NaN
//     comes of them. More results may be NaN than depend on one: 0·NaN is NaN.
//   - A result that depends on an infinity is NaN or infinite, unless its definition has a finite limit there: a ReLU
//     of −∞ is 0, a maximum passes over −∞, exp(−∞) is 0, a quotient by ∞ is 0, and a comparison with ∞ has an outcome
//     like any other.
//   - NaN is the maximum of a window of maxPool2d that contains it, the first NaN where there are several. Its place
//     gets NaN as gradient and the other places get 0.
// WGSL lets compilers assume that no float is NaN, and they do: on lavapipe x != x is false, max loses NaN there and on
// SwiftShader, and exp(NaN) is a number on SwiftShader. Sums, products and quotients keep NaN on every adapter that was
// tried. Code that compares values or computes powers uses these functions, which look at the bits. A name that ends in
// 4 treats four numbers at once.

fn isNan(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}

fn isNan4(x: vec4f) -> vec4<bool> {
  return (bitcast<vec4u>(x) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u);
}

// Returns max(x, 0). Read as integers, the floats from −0 to −∞ are consecutive from 0x80000000 on, and no NaN lies
// among them.
fn rectified(x: f32) -> f32 {
  return select(x, 0.0, (bitcast<u32>(x) ^ 0x80000000u) <= 0x7f800000u);
}

fn rectified4(x: vec4f) -> vec4f {
  return select(x, vec4f(), (bitcast<vec4u>(x) ^ vec4u(0x80000000u)) <= vec4u(0x7f800000u));
}

// max(a, b), NaN if either is.
fn most(a: f32, b: f32) -> f32 {
  return select(select(max(a, b), b, isNan(b)), a, isNan(a));
}

fn most4(a: vec4f, b: vec4f) -> vec4f {
  return select(select(max(a, b), b, isNan4(b)), a, isNan4(a));
}

// Returns x, or NaN if `by` is NaN or infinite. exp(value − maximum) must be NaN where the maximum is not finite.
fn tainted(x: f32, by: f32) -> f32 {
  let bits = bitcast<u32>(by);
  return select(x, bitcast<f32>(bits | 0x7fc00000u), (bits & 0x7f800000u) == 0x7f800000u);
}

fn tainted4(x: vec4f, by: f32) -> vec4f {
  let bits = bitcast<u32>(by);
  return select(x, vec4f(bitcast<f32>(bits | 0x7fc00000u)), (bits & 0x7f800000u) == 0x7f800000u);
}
