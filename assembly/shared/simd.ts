/** a·b + c, fused where the build has relaxed SIMD. */
// @ts-ignore: decorator
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** Sum of the four lanes. */
// @ts-ignore: decorator
@inline
export function sumLanes(a: v128): f32 {
  return f32x4.extract_lane(a, 0) + f32x4.extract_lane(a, 1) + (f32x4.extract_lane(a, 2) + f32x4.extract_lane(a, 3));
}

/** Largest of the four lanes. */
// @ts-ignore: decorator
@inline
export function largestLane(a: v128): f32 {
  return max(
    max(f32x4.extract_lane(a, 0), f32x4.extract_lane(a, 1)),
    max(f32x4.extract_lane(a, 2), f32x4.extract_lane(a, 3)),
  );
}

/**
 * exp of four values ≤ 88; 0 below −87.3. With n = round(x/ln 2) and r = x − n·ln 2 (ln 2 in two parts, so that the
 * product n·high is exact), |r| ≤ 0.347 and the Taylor polynomial of degree 7 is off by r⁸/8! < 6e-9 relative, a tenth of
 * a unit of float32.
 */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.44269504)));
  let r = f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(-2.12194440e-4)));
  let p = f32x4.splat(1.0 / 5040.0);
  p = multiplyAdd(p, r, f32x4.splat(1.0 / 720.0));
  p = multiplyAdd(p, r, f32x4.splat(1.0 / 120.0));
  p = multiplyAdd(p, r, f32x4.splat(1.0 / 24.0));
  p = multiplyAdd(p, r, f32x4.splat(1.0 / 6.0));
  p = multiplyAdd(p, r, f32x4.splat(0.5));
  p = multiplyAdd(p, r, f32x4.splat(1.0));
  p = multiplyAdd(p, r, f32x4.splat(1.0));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return v128.and(f32x4.mul(p, power), f32x4.gt(x, f32x4.splat(-87.3)));
}
