import { scratch } from "../shared/scratch";
import { keepFirst } from "../shared/status";

/**
 * Twin of kernels/lattice/embed.wgsl, four points at a time, one a lane. Lanes beyond the end repeat the last point and
 * are not written, so every point goes through the same operations wherever a range ends.
 */
export function embed(
  features: usize,
  scales: usize,
  keys: usize,
  weights: usize,
  status: usize,
  points: u32,
  group: u32,
  dimensions: u32,
  begin: u32,
  end: u32,
): void {
  const coordinates = dimensions + 1;
  const stride = ((dimensions + 3) & ~3) << 2;
  const words = dimensions / 2 + 1;
  // Arrays of one v128 a coordinate.
  const elevated = scratch;
  const offsets = elevated + 16 * 16;
  const nearest = offsets + 16 * 16;
  const ranks = nearest + 16 * 16;
  const barycentric = ranks + 16 * 16;
  const size = f32x4.splat(<f32>coordinates);
  const reciprocal = f32x4.splat(<f32>1 / <f32>coordinates);

  for (let point = begin; point < end; point += 4) {
    const lanes = min(end - point, 4);
    const row0 = features + <usize>point * stride;
    const row1 = features + <usize>min(point + 1, end - 1) * stride;
    const row2 = features + <usize>min(point + 2, end - 1) * stride;
    const row3 = features + <usize>min(point + 3, end - 1) * stride;
    let sum = f32x4.splat(0);
    let finite = i32x4.splat(-1);
    for (let j = dimensions; j > 0; j--) {
      const at = <usize>(j - 1) << 2;
      let f = v128.load32_zero(row0 + at);
      f = v128.load_lane<f32>(row1 + at, f, 1);
      f = v128.load_lane<f32>(row2 + at, f, 2);
      f = v128.load_lane<f32>(row3 + at, f, 3);
      finite = v128.and(finite, f32x4.eq(f32x4.sub(f, f), f32x4.splat(0)));
      const c = f32x4.mul(f, v128.load32_splat(scales + at));
      v128.store(elevated + (<usize>j << 4), f32x4.sub(sum, f32x4.mul(f32x4.splat(<f32>j), c)));
      sum = f32x4.add(sum, c);
    }
    v128.store(elevated, sum);

    let total = i32x4.splat(0);
    let within = i32x4.splat(-1);
    for (let i: u32 = 0; i < coordinates; i++) {
      const at = <usize>i << 4;
      const e = v128.load(elevated + at);
      const v = f32x4.nearest(f32x4.mul(e, reciprocal));
      within = v128.and(within, f32x4.lt(f32x4.abs(v), f32x4.splat(32766)));
      v128.store(offsets + at, f32x4.sub(e, f32x4.mul(v, size)));
      const n = i32x4.trunc_sat_f32x4_s(v);
      v128.store(nearest + at, n);
      total = i32x4.add(total, n);
    }
    if (!i32x4.all_true(v128.and(finite, within))) {
      report(status, point, lanes, finite, within);
      continue;
    }

    for (let i: u32 = 0; i < coordinates; i++) v128.store(ranks + (<usize>i << 4), total);
    for (let i: u32 = 0; i < dimensions; i++) {
      const atI = <usize>i << 4;
      const own = v128.load(offsets + atI);
      let rank = v128.load(ranks + atI);
      for (let j = i + 1; j < coordinates; j++) {
        const atJ = ranks + (<usize>j << 4);
        const less = f32x4.lt(own, v128.load(offsets + (<usize>j << 4))); // −1 where true
        rank = i32x4.sub(rank, less);
        v128.store(atJ, i32x4.add(v128.load(atJ), i32x4.add(less, i32x4.splat(1))));
      }
      v128.store(ranks + atI, rank);
    }

    for (let i: u32 = 0; i <= coordinates; i++) v128.store(barycentric + (<usize>i << 4), f32x4.splat(0));
    for (let i: u32 = 0; i < coordinates; i++) {
      const at = <usize>i << 4;
      let rank = v128.load(ranks + at);
      let n = v128.load(nearest + at);
      const below = i32x4.lt_s(rank, i32x4.splat(0));
      const above = i32x4.gt_s(rank, i32x4.splat(dimensions));
      n = i32x4.add(i32x4.sub(n, below), above);
      rank = i32x4.add(rank, v128.and(below, i32x4.splat(coordinates)));
      rank = i32x4.sub(rank, v128.and(above, i32x4.splat(coordinates)));
      v128.store(nearest + at, n);
      v128.store(ranks + at, rank);
      const delta = f32x4.mul(f32x4.sub(v128.load(elevated + at), f32x4.mul(f32x4.convert_i32x4_s(n), size)), reciprocal);
      // A permutation in each lane: scatter by scalar, slot = d − rank.
      addAt(barycentric, 0, dimensions - i32x4.extract_lane(rank, 0), f32x4.extract_lane(delta, 0));
      addAt(barycentric, 1, dimensions - i32x4.extract_lane(rank, 1), f32x4.extract_lane(delta, 1));
      addAt(barycentric, 2, dimensions - i32x4.extract_lane(rank, 2), f32x4.extract_lane(delta, 2));
      addAt(barycentric, 3, dimensions - i32x4.extract_lane(rank, 3), f32x4.extract_lane(delta, 3));
    }
    v128.store(
      barycentric,
      f32x4.add(v128.load(barycentric), f32x4.add(f32x4.splat(1), v128.load(barycentric + (<usize>coordinates << 4)))),
    );

    for (let lane: u32 = 0; lane < lanes; lane++) {
      writeKeys(keys, weights, point + lane, lane, group, dimensions, words);
    }
  }
}

// @ts-ignore: decorator
@inline
function addAt(barycentric: usize, lane: u32, slot: u32, delta: f32): void {
  const at = barycentric + (<usize>slot << 4) + (<usize>lane << 2);
  store<f32>(at, load<f32>(at) + delta);
  store<f32>(at + 16, load<f32>(at + 16) - delta);
}

function writeKeys(keys: usize, weights: usize, point: u32, lane: u32, group: u32, dimensions: u32, words: u32): void {
  const coordinates = dimensions + 1;
  const nearest = scratch + 2 * 256 + (<usize>lane << 2);
  const ranks = scratch + 3 * 256 + (<usize>lane << 2);
  const barycentric = scratch + 4 * 256 + (<usize>lane << 2);
  const tag = (point / group) << 4;
  let key = keys + <usize>(point * coordinates * words << 2);
  let weight = weights + <usize>(point * coordinates << 2);
  for (let r: u32 = 0; r < coordinates; r++) {
    for (let i: u32 = 0; i < dimensions; i++) {
      const over = load<u32>(ranks + (<usize>i << 4)) + r > dimensions ? 1 : 0;
      store<u16>(key + (<usize>i << 1), <u16>(load<i32>(nearest + (<usize>i << 4)) + 32768 - over));
    }
    if (dimensions & 1) store<u16>(key + (<usize>dimensions << 1), <u16>(tag | r));
    else store<u32>(key + (<usize>dimensions << 1), tag | r);
    key += <usize>words << 2;
    store<f32>(weight, load<f32>(barycentric + (<usize>r << 4)));
    weight += 4;
  }
}

function report(status: usize, point: u32, lanes: u32, finite: v128, within: v128): void {
  const bad = ~i32x4.bitmask(finite);
  const far = ~i32x4.bitmask(within) & ~bad;
  for (let lane: u32 = 0; lane < lanes; lane++) {
    if ((bad >> lane) & 1) keepFirst(status, point + lane);
    if ((far >> lane) & 1) keepFirst(status + 4, point + lane);
  }
}
