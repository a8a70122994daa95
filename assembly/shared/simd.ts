/** a·b + c, fused where the build has relaxed SIMD. */
// @ts-ignore: decorator
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** The sum of the four lanes, in every lane: two shuffles, and never through a scalar. */
// @ts-ignore: decorator
@inline
export function sumLanes(a: v128): v128 {
  const pairs = f32x4.add(a, v128.shuffle<f32>(a, a, 2, 3, 0, 1));
  return f32x4.add(pairs, v128.shuffle<f32>(pairs, pairs, 1, 0, 3, 2));
}

/**
 * Returns the largest of the four lanes in every lane. If a lane is NaN, some lanes of the result may be NaN.
 */
// @ts-ignore: decorator
@inline
export function largestLane(a: v128): v128 {
  const pairs = f32x4.pmax(a, v128.shuffle<f32>(a, a, 2, 3, 0, 1));
  return f32x4.pmax(pairs, v128.shuffle<f32>(pairs, pairs, 1, 0, 3, 2));
}

const expConstants = memory.data<f32>([
  12582912,
  1.44269504,
  0.693359375,
  -2.1219444e-4,
  1.0 / 5040.0,
  1.0 / 720.0,
  1.0 / 120.0,
  1.0 / 24.0,
  1.0 / 6.0,
  0.5,
  1,
  -87.3,
  1.77965e-43, // the bits of the whole number 127
]);

// @ts-ignore: decorator
@inline
function constant(i: usize): v128 {
  return v128.load32_splat(expConstants + (i << 2));
}

/**
 * exp of four values ≤ 88; 0 from −87.3 down, NaN of NaN. With n = round(x/ln 2) and r = x − n·ln 2 (ln 2 in two parts, so that the
 * product n·high is exact), |r| ≤ 0.347 and the Taylor polynomial of degree 7 is off by r⁸/8! < 6e-9 relative, a tenth of
 * a unit of float32. Adding 1.5·2²³ rounds to a whole number and leaves it in the low bits; the polynomial goes by r², half
 * the steps of r (measured: softmax over 21 channels in 10.5 ms for 15.5, both lane changes included).
 */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  const shifter = constant(0);
  const shifted = f32x4.add(f32x4.mul(x, constant(1)), shifter);
  const n = f32x4.sub(shifted, shifter);
  let r = f32x4.sub(x, f32x4.mul(n, constant(2)));
  r = f32x4.sub(r, f32x4.mul(n, constant(3)));
  const square = f32x4.mul(r, r);
  let p = multiplyAdd(r, constant(4), constant(5));
  p = multiplyAdd(p, square, multiplyAdd(r, constant(6), constant(7)));
  p = multiplyAdd(p, square, multiplyAdd(r, constant(8), constant(9)));
  p = multiplyAdd(p, square, f32x4.add(r, constant(10)));
  // 2ⁿ: the low bits of `shifted` are n above those of 1.5·2²³, whose last nine bits are zero.
  const power = i32x4.shl(i32x4.add(shifted, constant(12)), 23);
  return v128.andnot(f32x4.mul(p, power), f32x4.le(x, constant(11)));
}

/**
 * The natural logarithms of four normal numbers above 0, or of infinity. x = 2ⁿ·m with m from √½ to √2, and log x = n·ln 2 + log m, ln 2 in
 * two parts; log m is the polynomial of Cephes' logf in m − 1, off by less than a unit of float32.
 */
// @ts-ignore: decorator
@inline
export function log4(x: v128): v128 {
  // From the bits of √½ on, a step of 2²³ is a step of n.
  const steps = i32x4.sub(x, i32x4.splat(0x3f3504f3));
  const n = f32x4.convert_i32x4_s(i32x4.shr_s(steps, 23));
  const m = i32x4.add(v128.and(steps, i32x4.splat(0x007fffff)), i32x4.splat(0x3f3504f3));
  const r = f32x4.sub(m, f32x4.splat(1));
  const square = f32x4.mul(r, r);
  let p = multiplyAdd(f32x4.splat(7.0376836292e-2), r, f32x4.splat(-1.151461031e-1));
  p = multiplyAdd(p, r, f32x4.splat(1.167699874e-1));
  p = multiplyAdd(p, r, f32x4.splat(-1.2420140846e-1));
  p = multiplyAdd(p, r, f32x4.splat(1.4249322787e-1));
  p = multiplyAdd(p, r, f32x4.splat(-1.6668057665e-1));
  p = multiplyAdd(p, r, f32x4.splat(2.0000714765e-1));
  p = multiplyAdd(p, r, f32x4.splat(-2.4999993993e-1));
  p = multiplyAdd(p, r, f32x4.splat(3.3333331174e-1));
  p = f32x4.mul(f32x4.mul(p, r), square);
  p = multiplyAdd(n, f32x4.splat(-2.1219444e-4), p);
  p = multiplyAdd(square, f32x4.splat(-0.5), p);
  const log = multiplyAdd(n, f32x4.splat(0.693359375), f32x4.add(r, p));
  const infinity = f32x4.splat(f32.POSITIVE_INFINITY);
  return v128.bitselect(infinity, log, f32x4.eq(x, infinity));
}
