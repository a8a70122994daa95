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

/** Ones in the lanes of the last quad of a row that hold channels. */
export function tailMask(channels: u32): v128 {
  return i32x4.le_u(i32x4(0, 1, 2, 3), i32x4.splat((channels - 1) & 3));
}

/** The largest number, in every lane, of the row at `at`, whose last quad, `last` bytes on, has channels in the lanes of `tail`. NaN is left out, or not. */
// @ts-ignore: decorator
@inline
export function largestOf(at: usize, last: usize, tail: v128): v128 {
  // Padding lanes are no candidates for the maximum.
  let most = v128.bitselect(v128.load(at + last), f32x4.splat(-Infinity), tail);
  for (let i: usize = 0; i < last; i += 16) most = f32x4.pmax(most, v128.load(at + i));
  return largestLane(most);
}

/** The first place of the largest number of a row of channels, or −1 if one is NaN; its last quad has channels in the lanes of `tail`. */
export function labelOf(at: usize, rowStride: usize, tail: v128): i32 {
  const highest = largestOf(at, rowStride - 16, tail);
  let places = i32x4(0, 1, 2, 3);
  let label = i32x4.splat(-1);
  let lost = f32x4.splat(0);
  for (let i: usize = 0; i < rowStride; i += 16) {
    const score = v128.load(at + i);
    label = i32x4.min_u(label, v128.or(places, f32x4.ne(score, highest)));
    lost = v128.or(lost, f32x4.ne(score, score));
    places = i32x4.add(places, i32x4.splat(4));
  }
  if (v128.any_true(lost)) return -1;
  label = i32x4.min_u(label, v128.shuffle<i32>(label, label, 2, 3, 0, 1));
  return min(<u32>i32x4.extract_lane(label, 0), <u32>i32x4.extract_lane(label, 1));
}

const expConstants = memory.data<f32>([
  1.44269504,
  -127,
  12583039, // 1.5·2²³ + 127
  1.5353354683611542e-4,
  1.3398875016719103e-3,
  9.618437848985195e-3,
  5.5503323674201965e-2,
  0.24022647738456726,
  0.6931471824645996,
  1,
]);

// @ts-ignore: decorator
@inline
function constant(i: usize): v128 {
  return v128.load32_splat(expConstants + (i << 2));
}

/** x/ln 2, but at least −127, where 2ⁿ is stored as 0. NaN stays NaN. */
// @ts-ignore: decorator
@inline
function exponent(x: v128): v128 {
  return f32x4.pmax(f32x4.mul(x, constant(0)), constant(1));
}

/** Adding 1.5·2²³ + 127 rounds to a whole number n and leaves n + 127, the exponent of 2ⁿ, in the low bits. */
// @ts-ignore: decorator
@inline
function shifted(t: v128): v128 {
  return f32x4.add(t, constant(2));
}

// @ts-ignore: decorator
@inline
function remainder(t: v128, shifted: v128): v128 {
  return f32x4.sub(t, f32x4.sub(shifted, constant(2)));
}

/** The first three coefficients of the polynomial. */
// @ts-ignore: decorator
@inline
function highest(r: v128, square: v128): v128 {
  return multiplyAdd(square, constant(3), multiplyAdd(r, constant(4), constant(5)));
}

/** Two more, from the i-th constant on. */
// @ts-ignore: decorator
@inline
function lower(p: v128, r: v128, square: v128, i: usize): v128 {
  return multiplyAdd(p, square, multiplyAdd(r, constant(i), constant(i + 1)));
}

/** p·2ⁿ: the last nine bits of 1.5·2²³ are zero. */
// @ts-ignore: decorator
@inline
function scaled(p: v128, shifted: v128): v128 {
  return f32x4.mul(p, i32x4.shl(shifted, 23));
}

/**
 * exp of four values ≤ 88; 0 from −87.7 down, NaN of NaN. With t = x/ln 2, n = round(t) and r = t − n, it is 2ⁿ·2ʳ, and the polynomial of
 * degree 6 is off from 2ʳ by less than 1.6e-8 (minimax for |r| ≤ ½, with 1 at 0). Rounding t adds |x|·2⁻²⁴ and the constant |x|·1.3e-8: about
 * what rounding x itself does, and less than the 3 + 2·|x| units that WGSL allows exp.
 */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  const t = exponent(x);
  const n = shifted(t);
  const r = remainder(t, n);
  const square = f32x4.mul(r, r);
  return scaled(lower(lower(highest(r, square), r, square, 6), r, square, 8), n);
}

/**
 * exp of all quads in [at, end), in place, two at a time: one after the other their chains fill the processor's window, and the constants would be
 * loaded for each. (Three or four, or by Horner's rule: 1.01 and 1.1 of the time of a softmax.)
 */
export function exponentiate(at: usize, end: usize): void {
  for (; at + 32 <= end; at += 32) {
    const t = exponent(v128.load(at));
    const u = exponent(v128.load(at, 16));
    const m = shifted(t);
    const n = shifted(u);
    const r = remainder(t, m);
    const s = remainder(u, n);
    const square = f32x4.mul(r, r);
    const other = f32x4.mul(s, s);
    let p = highest(r, square);
    let q = highest(s, other);
    p = lower(p, r, square, 6);
    q = lower(q, s, other, 6);
    p = lower(p, r, square, 8);
    q = lower(q, s, other, 8);
    v128.store(at, scaled(p, m));
    v128.store(at, scaled(q, n), 16);
  }
  if (at < end) v128.store(at, exp4(v128.load(at)));
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
