import { scratch } from "../shared/scratch";
import { keepFirst } from "../shared/status";

/** Bytes of a scratch array: one v128 a coordinate, d + 1 ≤ 16 of them. */
const arrayBytes: usize = 256;

/**
 * Twin of kernels/lattice/embed.wgsl, four points at a time, one a lane. Lanes beyond the end repeat the last point and
 * are not written, so every point goes through the same operations wherever a range ends.
 */
export function embed(
  features: usize,
  elevationFactors: usize,
  keys: usize,
  barycentric: usize,
  status: usize,
  coordinateRanks: usize,
  points: u32,
  imagePoints: u32,
  firstPoint: u32,
  dimensions: u32,
  begin: u32,
  end: u32,
): void {
  const coordinates = dimensions + 1;
  const rowStride = (<usize>((dimensions + 3) & ~3)) << 2;
  const elevated = scratch;
  const offsets = elevated + arrayBytes;
  const nearest = offsets + arrayBytes;
  const ranking = nearest + arrayBytes;
  const last = (<usize>dimensions) << 4;
  const size = f32x4.splat(<f32>coordinates);
  const reciprocal = f32x4.splat(<f32>1 / <f32>coordinates);
  const firstEntry = <usize>firstPoint * <usize>coordinates;
  const ownWeights = barycentric + (firstEntry << 2);
  const ownKeys = keys + ((firstEntry * <usize>(dimensions / 2 + 1)) << 2);

  for (let point = begin; point < end; point += 4) {
    const lanes = min(end - point, 4);
    const row0 = features + <usize>point * rowStride;
    const row1 = features + <usize>min(point + 1, end - 1) * rowStride;
    const row2 = features + <usize>min(point + 2, end - 1) * rowStride;
    const row3 = features + <usize>min(point + 3, end - 1) * rowStride;
    let sum = f32x4.splat(0);
    let finite = i32x4.splat(-1);
    for (let j = dimensions; j > 0; j--) {
      const at = (<usize>(j - 1)) << 2;
      let f = v128.load32_zero(row0 + at);
      f = v128.load_lane<f32>(row1 + at, f, 1);
      f = v128.load_lane<f32>(row2 + at, f, 2);
      f = v128.load_lane<f32>(row3 + at, f, 3);
      finite = v128.and(finite, f32x4.eq(f32x4.sub(f, f), f32x4.splat(0)));
      const c = f32x4.mul(f, v128.load32_splat(elevationFactors + at));
      v128.store(elevated + ((<usize>j) << 4), f32x4.sub(sum, f32x4.mul(f32x4.splat(<f32>j), c)));
      sum = f32x4.add(sum, c);
    }
    v128.store(elevated, sum);

    let total = i32x4.splat(0);
    let within = i32x4.splat(-1);
    for (let at: usize = 0; at <= last; at += 16) {
      const e = v128.load(elevated + at);
      const v = f32x4.nearest(f32x4.mul(e, reciprocal));
      within = v128.and(within, f32x4.lt(f32x4.abs(v), f32x4.splat(32766)));
      v128.store(offsets + at, f32x4.sub(e, f32x4.mul(v, size)));
      const n = i32x4.trunc_sat_f32x4_s(v);
      v128.store(nearest + at, n);
      total = i32x4.add(total, n);
    }
    if (!i32x4.all_true(v128.and(finite, within))) {
      report(status, firstPoint + point, finite, within);
      continue;
    }

    for (let at: usize = 0; at <= last; at += 16) v128.store(ranking + at, total);
    for (let i: usize = 0; i < last; i += 16) {
      const own = v128.load(offsets + i);
      let rank = v128.load(ranking + i);
      for (let j = i + 16; j <= last; j += 16) {
        const less = f32x4.lt(own, v128.load(offsets + j)); // −1 where true
        rank = i32x4.sub(rank, less);
        v128.store(ranking + j, i32x4.add(v128.load(ranking + j), i32x4.add(less, i32x4.splat(1))));
      }
      v128.store(ranking + i, rank);
    }

    const deltas = offsets;
    for (let at: usize = 0; at <= last; at += 16) {
      const rank = v128.load(ranking + at);
      const below = i32x4.lt_s(rank, i32x4.splat(0));
      const above = i32x4.gt_s(rank, i32x4.splat(dimensions));
      const n = i32x4.add(i32x4.sub(v128.load(nearest + at), below), above);
      const wrapped = i32x4.add(rank, v128.and(below, i32x4.splat(coordinates)));
      v128.store(nearest + at, n);
      v128.store(ranking + at, i32x4.sub(wrapped, v128.and(above, i32x4.splat(coordinates))));
      const moved = f32x4.sub(v128.load(elevated + at), f32x4.mul(f32x4.convert_i32x4_s(n), size));
      v128.store(deltas + at, f32x4.mul(moved, reciprocal));
    }
    writeWeights(ownWeights + ((<usize>(point * coordinates)) << 2), deltas, ranking, coordinates, lanes);
    writeKeys(ownKeys, nearest, ranking, point, imagePoints, dimensions, lanes);
    writeRanks(coordinateRanks, ranking, point, coordinates, lanes);
  }
}

/**
 * Computes the barycentric weights. With T_r the δ of the coordinate of rank d − r, they are b_r = T_r − T_{r−1} and
 * b_0 = T_0 + 1 − T_d: a selection by rank instead of a scatter.
 */
// @ts-ignore: decorator
@inline
function writeWeights(weights: usize, deltas: usize, ranks: usize, coordinates: u32, lanes: u32): void {
  const last = (<usize>(coordinates - 1)) << 4;
  let before = f32x4.splat(0);
  let first = before;
  for (let r: u32 = 0; r < coordinates; r++) {
    const wanted = i32x4.splat(coordinates - 1 - r);
    let delta = f32x4.splat(0);
    for (let at: usize = 0; at <= last; at += 16) {
      delta = v128.or(delta, v128.and(v128.load(deltas + at), i32x4.eq(v128.load(ranks + at), wanted)));
    }
    if (r == 0) first = delta;
    else storeLanes(weights + ((<usize>r) << 2), f32x4.sub(delta, before), (<usize>coordinates) << 2, lanes);
    before = delta;
  }
  const zeroth = f32x4.add(first, f32x4.sub(f32x4.splat(1), before));
  storeLanes(weights, zeroth, (<usize>coordinates) << 2, lanes);
}

/** The words of all keys: two biased coordinates each, less one where rank > d − r (adding −1 to either half borrows nothing). */
// @ts-ignore: decorator
@inline
function writeKeys(
  keys: usize,
  nearest: usize,
  ranks: usize,
  point: u32,
  imagePoints: u32,
  dimensions: u32,
  lanes: u32,
): void {
  const coordinates = dimensions + 1;
  const words = dimensions / 2 + 1;
  const pointBytes = (<usize>(coordinates * words)) << 2;
  const first = keys + <usize>point * pointBytes;
  const images = i32x4(
    point / imagePoints,
    (point + 1) / imagePoints,
    (point + 2) / imagePoints,
    (point + 3) / imagePoints,
  );
  for (let k: u32 = 0; k < words; k++) {
    const low = (<usize>k) << 5;
    const hasLow = k << 1 < dimensions;
    const hasHigh = (k << 1) + 1 < dimensions;
    const bias = i32x4.splat((hasLow ? 32768 : 0) + (hasHigh ? 32768 << 16 : 0));
    let word = bias;
    let lowRank = i32x4.splat(-1);
    let highRank = lowRank;
    if (hasLow) {
      lowRank = v128.load(ranks + low);
      word = i32x4.add(word, v128.load(nearest + low));
    }
    if (hasHigh) {
      highRank = v128.load(ranks + low + 16);
      word = i32x4.add(word, i32x4.shl(v128.load(nearest + low + 16), 16));
    }
    // The last word ends in the tag, which has r in its low bits and the number of the image above it.
    const tagShift = k + 1 == words ? (hasLow ? 16 : 0) : -1;
    if (tagShift >= 0) word = i32x4.add(word, i32x4.shl(images, tagShift + 4));
    for (let r: u32 = 0; r < coordinates; r++) {
      const limit = i32x4.splat(dimensions - r);
      let key = i32x4.add(word, i32x4.gt_s(lowRank, limit));
      key = i32x4.add(key, i32x4.shl(i32x4.gt_s(highRank, limit), 16));
      if (tagShift >= 0) key = i32x4.add(key, i32x4.splat(r << tagShift));
      storeLanes(first + ((<usize>(r * words + k)) << 2), key, pointBytes, lanes);
    }
  }
}

/** The ranks of all coordinates, four bits each. */
// @ts-ignore: decorator
@inline
function writeRanks(to: usize, ranks: usize, point: u32, coordinates: u32, lanes: u32): void {
  const words = (coordinates + 7) >> 3;
  const bytes = (<usize>words) << 2;
  for (let k: u32 = 0; k < words; k++) {
    let word = i32x4.splat(0);
    for (let i = k << 3; i < min(coordinates, (k + 1) << 3); i++) {
      word = v128.or(word, i32x4.shl(v128.load(ranks + ((<usize>i) << 4)), (i & 7) << 2));
    }
    storeLanes(to + <usize>point * bytes + ((<usize>k) << 2), word, bytes, lanes);
  }
}

// @ts-ignore: decorator
@inline
function storeLanes(to: usize, values: v128, laneStride: usize, lanes: u32): void {
  v128.store_lane<u32>(to, values, 0);
  if (lanes > 1) v128.store_lane<u32>(to + laneStride, values, 1);
  if (lanes > 2) v128.store_lane<u32>(to + 2 * laneStride, values, 2);
  if (lanes > 3) v128.store_lane<u32>(to + 3 * laneStride, values, 3);
}

/** The first of four points that is not finite, and the first of the others that is out of range. */
function report(status: usize, point: u32, finite: v128, within: v128): void {
  const bad = ~i32x4.bitmask(finite) & 15;
  const far = ~i32x4.bitmask(within) & ~bad & 15;
  if (bad) keepFirst(status, point + ctz(bad));
  if (far) keepFirst(status + 4, point + ctz(far));
}
