// The rule of NaN, which every kernel keeps on every device (test/nan.suite.ts):
//   - A result that depends on NaN is NaN. A result depends on a number if another finite number in its place would give another
//     result. So nothing depends on the scores of an ignored pixel or on what dropout drops, and no NaN comes of them. Otherwise
//     more may be NaN than depends on it: 0·NaN is.
//   - A result that depends on an infinity is NaN or infinite, unless its definition has a finite limit there: a ReLU of −∞ is 0,
//     a maximum passes over −∞, exp(−∞) is 0, a quotient by ∞ is 0, and a comparison of ∞ has an outcome as any other.
//   - Of a window of maxPool2d NaN is the maximum, the first where there are several: its place gets NaN as gradient, the others 0.
// WGSL lets compilers assume that no float is NaN, and they do: on lavapipe x != x is false, max loses NaN there and on
// SwiftShader, and exp(NaN) is a number on SwiftShader. Sums, products and quotients keep NaN on every adapter that was tried;
// whatever compares, or computes a power, goes through these functions, which look at bits. Names that end in 4 are for each of
// four numbers.

fn isNan(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}

fn isNan4(x: vec4f) -> vec4<bool> {
  return (bitcast<vec4u>(x) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u);
}

// max(x, 0). As whole numbers −0 to −∞ lie side by side from 0x80000000 on, and NaN of either sign lies elsewhere.
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

// x, or NaN where `by` is NaN or infinite: what exp(value − maximum) must be where the maximum is not finite.
fn tainted(x: f32, by: f32) -> f32 {
  let bits = bitcast<u32>(by);
  return select(x, bitcast<f32>(bits | 0x7fc00000u), (bits & 0x7f800000u) == 0x7f800000u);
}

fn tainted4(x: vec4f, by: f32) -> vec4f {
  let bits = bitcast<u32>(by);
  return select(x, vec4f(bitcast<f32>(bits | 0x7fc00000u)), (bits & 0x7f800000u) == 0x7f800000u);
}
