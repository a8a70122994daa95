import { scratch } from "../shared/scratch";
import { clamped } from "./embed.four";

/** Twin of kernels/lattice/plane.embed.wgsl, four points at a time, one a lane, as `embed`, but in registers. */
export function planeEmbed(
  features: usize,
  simplices: usize,
  coordinateRanks: usize,
  points: u32,
  imagePoints: u32,
  imageCells: u32,
  stride: u32,
  origin: i32,
  factor0: f32,
  factor1: f32,
  left: f32,
  right: f32,
  up: f32,
  down: f32,
  begin: u32,
  end: u32,
): void {
  const one = i32x4.splat(1);
  const two = i32x4.splat(2);
  const three = i32x4.splat(3);
  const size = f32x4.splat(3);
  const reciprocal = f32x4.splat(<f32>1 / <f32>3);
  const strides = i32x4.splat(stride);
  const strides0 = i32x4.splat(stride + 3);
  let origins = i32x4.splat(origin);
  // The first point of the next image, before which all have the same origin.
  let next = begin;
  for (let point = begin; point < end; point += 4) {
    if (point + 4 > next) {
      const images = imagesOf(point, end - 1, imagePoints);
      origins = i32x4.add(i32x4.splat(origin), i32x4.mul(images, i32x4.splat(imageCells)));
      next = (point / imagePoints + 1) * imagePoints;
    }
    const row = features + ((<usize>point) << 4);
    const lanes = min(end - point, 4);
    const whole = lanes == 4;
    // Lanes beyond the end repeat a point and are not kept.
    const row1 = row + (lanes > 1 ? 16 : 0);
    const row2 = row + (lanes > 2 ? 32 : 0);
    const row3 = row + (whole ? 48 : 0);
    const a = v128.shuffle<f32>(v128.load(row), v128.load(row1), 0, 4, 1, 5);
    const b = v128.shuffle<f32>(v128.load(row2), v128.load(row3), 0, 4, 1, 5);
    const y = clamped(v128.shuffle<u64>(a, b, 1, 3), f32x4.splat(-up), f32x4.splat(down));
    const x = clamped(v128.shuffle<u64>(a, b, 0, 2), f32x4.splat(-left), f32x4.splat(right));
    const c1 = f32x4.mul(y, f32x4.splat(factor1));
    const c0 = f32x4.mul(x, f32x4.splat(factor0));
    const sum = f32x4.add(f32x4.splat(0), c1);
    const e0 = f32x4.add(sum, c0);
    const e1 = f32x4.sub(sum, c0);
    const e2 = f32x4.sub(f32x4.splat(0), f32x4.add(c1, c1));

    const v0 = f32x4.nearest(f32x4.mul(e0, reciprocal));
    const v1 = f32x4.nearest(f32x4.mul(e1, reciprocal));
    const v2 = f32x4.nearest(f32x4.mul(e2, reciprocal));
    const o0 = f32x4.sub(e0, f32x4.mul(v0, size));
    const o1 = f32x4.sub(e1, f32x4.mul(v1, size));
    const o2 = f32x4.sub(e2, f32x4.mul(v2, size));
    let n0 = i32x4.trunc_sat_f32x4_s(v0);
    let n1 = i32x4.trunc_sat_f32x4_s(v1);
    const total = i32x4.add(i32x4.add(n0, n1), i32x4.trunc_sat_f32x4_s(v2));

    const less01 = f32x4.lt(o0, o1); // −1 where true
    let rank0 = i32x4.sub(i32x4.sub(total, less01), f32x4.lt(o0, o2));
    let rank1 = i32x4.sub(i32x4.add(i32x4.add(total, one), less01), f32x4.lt(o1, o2));
    const turn0 = turnOf(rank0);
    const turn1 = turnOf(rank1);
    rank0 = i32x4.add(rank0, i32x4.mul(turn0, three));
    rank1 = i32x4.add(rank1, i32x4.mul(turn1, three));
    // Ranks add up to 3 now, and coordinates to 0.
    const rank2 = i32x4.sub(i32x4.sub(three, rank0), rank1);
    n0 = i32x4.add(n0, turn0);
    n1 = i32x4.add(n1, turn1);
    const n2 = i32x4.neg(i32x4.add(n0, n1));
    const d0 = f32x4.mul(f32x4.sub(e0, f32x4.mul(f32x4.convert_i32x4_s(n0), size)), reciprocal);
    const d1 = f32x4.mul(f32x4.sub(e1, f32x4.mul(f32x4.convert_i32x4_s(n1), size)), reciprocal);
    const d2 = f32x4.mul(f32x4.sub(e2, f32x4.mul(f32x4.convert_i32x4_s(n2), size)), reciprocal);

    // Which coordinate has rank 2, and which rank 1: selections in place of a scatter.
    const first0 = i32x4.eq(rank0, two);
    const first1 = i32x4.eq(rank1, two);
    const second0 = i32x4.eq(rank0, one);
    const second1 = i32x4.eq(rank1, one);
    const delta0 = v128.bitselect(d0, v128.bitselect(d1, d2, first1), first0);
    const delta1 = v128.bitselect(d0, v128.bitselect(d1, d2, second1), second0);
    // What is left of the three, to the bit.
    const delta2 = v128.xor(v128.xor(v128.xor(d0, d1), v128.xor(d2, delta0)), delta1);
    const cell0 = i32x4.add(i32x4.add(i32x4.mul(n0, strides0), i32x4.mul(n1, strides)), origins);
    const down0 = v128.or(v128.and(strides0, first0), v128.and(strides, first1));
    const down1 = v128.or(v128.and(strides0, second0), v128.and(strides, second1));
    const cell1 = i32x4.sub(i32x4.add(cell0, one), down0);
    const cell2 = i32x4.sub(i32x4.add(cell1, one), down1);

    // Pairs of the three remainders, of two points at a time.
    const w0 = f32x4.add(delta0, f32x4.sub(f32x4.splat(1), delta2));
    const w1 = f32x4.sub(delta1, delta0);
    const w2 = f32x4.sub(delta2, delta1);
    const to = whole ? simplices + <usize>(point * 24) : scratch;
    storeRows(to, firstPairs(cell0, w0), firstPairs(cell1, w1), firstPairs(cell2, w2));
    storeRows(to + 48, lastPairs(cell0, w0), lastPairs(cell1, w1), lastPairs(cell2, w2));
    const toRanks = whole ? coordinateRanks + ((<usize>point) << 2) : scratch + 96;
    v128.store(toRanks, v128.or(v128.or(rank0, i32x4.shl(rank1, 4)), i32x4.shl(rank2, 8)));
    if (!whole) {
      memory.copy(simplices + <usize>(point * 24), to, <usize>lanes * 24);
      memory.copy(coordinateRanks + ((<usize>point) << 2), toRanks, (<usize>lanes) << 2);
    }
  }
}

/** The numbers of the images of four points in a row, of which those beyond `last` are taken for it. */
function imagesOf(point: u32, last: u32, imagePoints: u32): v128 {
  return i32x4(
    point / imagePoints,
    min(point + 1, last) / imagePoints,
    min(point + 2, last) / imagePoints,
    min(point + 3, last) / imagePoints,
  );
}

/** By how much a coordinate of this rank moves to get back to the plane Σ = 0: 1 where it is below 0, −1 where it is above 2. */
// @ts-ignore: decorator
@inline
function turnOf(rank: v128): v128 {
  return i32x4.sub(i32x4.gt_s(rank, i32x4.splat(2)), i32x4.lt_s(rank, i32x4.splat(0)));
}

// @ts-ignore: decorator
@inline
function firstPairs(cells: v128, weights: v128): v128 {
  return v128.shuffle<u32>(cells, weights, 0, 4, 1, 5);
}

// @ts-ignore: decorator
@inline
function lastPairs(cells: v128, weights: v128): v128 {
  return v128.shuffle<u32>(cells, weights, 2, 6, 3, 7);
}

/** Stores the pairs that two points have of three remainders, one point after the other. */
// @ts-ignore: decorator
@inline
function storeRows(to: usize, r0: v128, r1: v128, r2: v128): void {
  v128.store(to, v128.shuffle<u64>(r0, r1, 0, 2));
  v128.store(to, v128.shuffle<u64>(r2, r0, 0, 3), 16);
  v128.store(to, v128.shuffle<u64>(r1, r2, 1, 3), 32);
}
