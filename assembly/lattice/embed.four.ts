import { scratch } from "../shared/scratch";

/** Bytes of an array in scratch memory: one v128 a coordinate, d + 1 ≤ 16 of them. */
const arrayBytes: usize = 256;

/** What embedFour leaves in scratch memory, relative to it, a lane for each point: δ, w_i of remainder 0, and the rank of each coordinate. */
export const deltas: usize = 0;
export const nearest: usize = arrayBytes;
export const ranking: usize = 2 * arrayBytes;
/** Which points were finite and within the range of keys: two masks. */
export const finiteMask: usize = 3 * arrayBytes;
export const withinMask: usize = finiteMask + 16;
const elevated: usize = withinMask + 16;
/** Where scratch memory is free. */
export const embedBytes: usize = elevated + arrayBytes;

/** What is nearest to a value from `least` to `most`; NaN counts as the least. */
// @ts-ignore: decorator
@inline
export function clamped(value: v128, least: v128, most: v128): v128 {
  return f32x4.pmin(most, f32x4.pmax(least, value));
}

/**
 * Embeds up to four points, one a lane, from the first one's row on, as kernels/lattice/embed.wgsl describes it. Lanes beyond the last
 * repeat it. Features count as lying where `reaches` has them, unless it is 0. False if a point is not finite or out of the range of keys.
 */
export function embedFour(
  row0: usize,
  rowBytes: usize,
  lanes: u32,
  elevationFactors: usize,
  reaches: usize,
  dimensions: u32,
): bool {
  const base = scratch;
  const last = base + ((<usize>dimensions) << 4);
  const size = f32x4.splat(<f32>(dimensions + 1));
  const reciprocal = f32x4.splat(<f32>1 / <f32>(dimensions + 1));
  const row1 = row0 + (lanes > 1 ? rowBytes : 0);
  const row2 = row1 + (lanes > 2 ? rowBytes : 0);
  const row3 = row2 + (lanes > 3 ? rowBytes : 0);
  let sum = f32x4.splat(0);
  let finite = i32x4.splat(-1);
  for (let j = dimensions; j > 0; j--) {
    const at = (<usize>(j - 1)) << 2;
    let f = v128.load32_zero(row0 + at);
    f = v128.load_lane<f32>(row1 + at, f, 1);
    f = v128.load_lane<f32>(row2 + at, f, 2);
    f = v128.load_lane<f32>(row3 + at, f, 3);
    if (reaches) {
      const reach = reaches + (at << 1);
      f = clamped(f, f32x4.neg(v128.load32_splat(reach)), v128.load32_splat(reach, 4));
    }
    finite = v128.and(finite, f32x4.eq(f32x4.sub(f, f), f32x4.splat(0)));
    const c = f32x4.mul(f, v128.load32_splat(elevationFactors + at));
    v128.store(base + ((<usize>j) << 4), f32x4.sub(sum, f32x4.mul(f32x4.splat(<f32>j), c)), elevated);
    sum = f32x4.add(sum, c);
  }
  v128.store(base, sum, elevated);

  let total = i32x4.splat(0);
  let within = i32x4.splat(-1);
  for (let at = base; at <= last; at += 16) {
    const e = v128.load(at, elevated);
    const v = f32x4.nearest(f32x4.mul(e, reciprocal));
    within = v128.and(within, f32x4.lt(f32x4.abs(v), f32x4.splat(32766)));
    // Offsets from the nearest point of remainder 0, until they give way to δ.
    v128.store(at, f32x4.sub(e, f32x4.mul(v, size)), deltas);
    const n = i32x4.trunc_sat_f32x4_s(v);
    v128.store(at, n, nearest);
    total = i32x4.add(total, n);
  }
  v128.store(base, finite, finiteMask);
  v128.store(base, within, withinMask);
  if (!i32x4.all_true(v128.and(finite, within))) return false;

  // Of two coordinates the second takes the higher rank unless its offset is larger.
  for (let at = base; at <= last; at += 16) {
    v128.store(at, total, ranking);
    total = i32x4.add(total, i32x4.splat(1));
  }
  for (let i = base; i < last; i += 16) {
    const own = v128.load(i, deltas);
    let rank = v128.load(i, ranking);
    for (let j = i + 16; j <= last; j += 16) {
      const less = f32x4.lt(own, v128.load(j, deltas)); // −1 where true
      rank = i32x4.sub(rank, less);
      v128.store(j, i32x4.add(v128.load(j, ranking), less), ranking);
    }
    v128.store(i, rank, ranking);
  }
  for (let at = base; at <= last; at += 16) {
    const rank = v128.load(at, ranking);
    const below = i32x4.lt_s(rank, i32x4.splat(0));
    const above = i32x4.gt_s(rank, i32x4.splat(dimensions));
    const turn = i32x4.sub(above, below);
    const n = i32x4.add(v128.load(at, nearest), turn);
    v128.store(at, n, nearest);
    v128.store(at, i32x4.add(rank, i32x4.mul(turn, i32x4.splat(dimensions + 1))), ranking);
    const moved = f32x4.sub(v128.load(at, elevated), f32x4.mul(f32x4.convert_i32x4_s(n), size));
    v128.store(at, f32x4.mul(moved, reciprocal), deltas);
  }
  return true;
}
