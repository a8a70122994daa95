import { farthest, gatherOn, nearBytes, touch } from "../lattice/gather";
import { Five, Four, One, Six, Three, Two, widthOf } from "../shared/quads";
import { scratch } from "../shared/scratch";
import { multiplyAdd, sumLanes } from "../shared/simd";
import { activate } from "./softmax";

/** Points whose rows are read together before the first of them is computed, and which are activated while they are near. */
const together: u32 = 64;

/** Twin of kernels/crf/update.wgsl; begin and end count its workgroups, of ⌊64/quads⌋ points each. */
export function update(
  spatialSimplices: usize,
  bilateralSimplices: usize,
  spatialValues: usize,
  bilateralValues: usize,
  matrices: usize,
  unary: usize,
  result: usize,
  points: u32,
  channels: u32,
  activation: u32,
  diagonal: u32,
  dimensions: u32,
  quads: u32,
  valueQuads: u32,
  begin: u32,
  end: u32,
): void {
  const rowStride = (<usize>quads) << 4;
  const valueStride = (<usize>valueQuads) << 4;
  const simplexBytes = (<usize>(dimensions + 1)) << 3;
  // The filtered values of a pixel, one row of each filter.
  const spatial = scratch;
  const bilateral = spatial + rowStride;
  // As in update.wgsl; 0 where the last channel was filtered like the others.
  const ones: f32 = valueQuads < quads ? <f32>1 + <f32>1 / <f32>(1 << dimensions) : 0;
  const each = 64 / quads;
  const last = min(end * each, points);
  let reached: u32 = 0;
  for (let first = begin * each; first < last; first += together) {
    const stop = min(first + together, last);
    const like = bilateralSimplices + <usize>first * simplexBytes;
    const likeEnd = bilateralSimplices + <usize>stop * simplexBytes;
    if (<usize>reached * valueStride > nearBytes) touch(like, likeEnd, bilateralValues, valueStride, valueStride);
    const near = spatialSimplices + <usize>first * 24;
    const own = unary + <usize>first * rowStride;
    const x = result + <usize>first * rowStride;
    if (diagonal) {
      weigh(
        near,
        like,
        likeEnd,
        simplexBytes,
        spatialValues,
        bilateralValues,
        valueStride,
        matrices,
        rowStride,
        own,
        x,
        ones,
      );
    } else {
      for (let point: usize = 0; point < stop - first; point++) {
        const simplex = like + point * simplexBytes;
        gatherOn(near + point * 24, near + point * 24 + 24, spatialValues, valueStride, valueStride, spatial, true);
        gatherOn(simplex, simplex + simplexBytes, bilateralValues, valueStride, valueStride, bilateral, true);
        if (ones) {
          v128.store(spatial + valueStride, lastOf(sumOfRow(spatial, valueStride), spatialOnes));
          v128.store(bilateral + valueStride, lastOf(sumOfRow(bilateral, valueStride), ones));
        }
        transform(own + point * rowStride, spatial, bilateral, matrices, channels, rowStride, x + point * rowStride);
      }
    }
    reached = farthest(like, likeEnd, simplexBytes, reached);
    activate(x, x, stop - first, channels, activation);
  }
}

/** As in update.wgsl. */
const spatialOnes: f32 = 1.25;

/** The last channel's quad of what a filter makes of marginals, from the sum of the other quads. */
// @ts-ignore: decorator
@inline
function lastOf(sum: v128, ones: f32): v128 {
  return v128.and(f32x4.sub(f32x4.splat(ones), sumLanes(sum)), i32x4(-1, 0, 0, 0));
}

function sumOfRow(row: usize, bytes: usize): v128 {
  let sum = v128.load(row);
  for (let at: usize = 16; at < bytes; at += 16) sum = f32x4.add(sum, v128.load(row + at));
  return sum;
}

/**
 * x = unary − (matrices row 0 ∘ Σ spatial + row 1 ∘ Σ bilateral) for points whose simplices lie from `near` on and, `step` bytes apart, from `like` on;
 * rows of filtered values have `stride` bytes. Loops over points that are functions of their own keep all they need in registers. Unless `ones` is 0, the last
 * channel of a row of at most six quads follows from them.
 */
function weigh(
  near: usize,
  like: usize,
  likeEnd: usize,
  step: usize,
  spatial: usize,
  bilateral: usize,
  stride: usize,
  matrices: usize,
  rowStride: usize,
  unary: usize,
  x: usize,
  ones: f32,
): void {
  let at: usize = 0;
  for (; at + 96 <= stride; at += 96)
    weighQuads<Six>(at, near, like, likeEnd, step, spatial, bilateral, stride, matrices, rowStride, unary, x, ones);
  const rest = stride - at;
  if (rest == 80)
    weighQuads<Five>(at, near, like, likeEnd, step, spatial, bilateral, stride, matrices, rowStride, unary, x, ones);
  else if (rest == 64)
    weighQuads<Four>(at, near, like, likeEnd, step, spatial, bilateral, stride, matrices, rowStride, unary, x, ones);
  else if (rest == 48)
    weighQuads<Three>(at, near, like, likeEnd, step, spatial, bilateral, stride, matrices, rowStride, unary, x, ones);
  else if (rest == 32)
    weighQuads<Two>(at, near, like, likeEnd, step, spatial, bilateral, stride, matrices, rowStride, unary, x, ones);
  else if (rest == 16)
    weighQuads<One>(at, near, like, likeEnd, step, spatial, bilateral, stride, matrices, rowStride, unary, x, ones);
}

function weighQuads<Width>(
  at: usize,
  near: usize,
  like: usize,
  likeEnd: usize,
  step: usize,
  spatialValues: usize,
  bilateralValues: usize,
  stride: usize,
  matrixRows: usize,
  rowStride: usize,
  unaryRows: usize,
  results: usize,
  ones: f32,
): void {
  const quads = widthOf<Width>();
  const next = offsetof<Width>();
  const spatial = spatialValues + at;
  const bilateral = bilateralValues + at;
  const matrices = matrixRows + at;
  let unary = unaryRows + at;
  let x = results + at;
  while (like < likeEnd) {
    let a = f32x4.splat(0);
    let b = a;
    let c = a;
    let d = a;
    let e = a;
    let f = a;
    for (const stop = near + 24; near < stop; near += 8) {
      const row = spatial + <usize>load<u32>(near) * stride;
      const weight = v128.load32_splat(near, 4);
      a = multiplyAdd(weight, v128.load(row), a);
      if (quads > 1) b = multiplyAdd(weight, v128.load(row, 16), b);
      if (quads > 2) c = multiplyAdd(weight, v128.load(row, 32), c);
      if (quads > 3) d = multiplyAdd(weight, v128.load(row, 48), d);
      if (quads > 4) e = multiplyAdd(weight, v128.load(row, 64), e);
      if (quads > 5) f = multiplyAdd(weight, v128.load(row, 80), f);
    }
    let y = f32x4.splat(0);
    if (ones) y = f32x4.mul(v128.load(matrices, next), lastOf(sumOf<Width>(a, b, c, d, e, f), spatialOnes));
    a = f32x4.mul(v128.load(matrices), a);
    if (quads > 1) b = f32x4.mul(v128.load(matrices, 16), b);
    if (quads > 2) c = f32x4.mul(v128.load(matrices, 32), c);
    if (quads > 3) d = f32x4.mul(v128.load(matrices, 48), d);
    if (quads > 4) e = f32x4.mul(v128.load(matrices, 64), e);
    if (quads > 5) f = f32x4.mul(v128.load(matrices, 80), f);
    let g = f32x4.splat(0);
    let h = g;
    let i = g;
    let j = g;
    let k = g;
    let l = g;
    for (const stop = like + step; like < stop; like += 8) {
      const row = bilateral + <usize>load<u32>(like) * stride;
      const weight = v128.load32_splat(like, 4);
      g = multiplyAdd(weight, v128.load(row), g);
      if (quads > 1) h = multiplyAdd(weight, v128.load(row, 16), h);
      if (quads > 2) i = multiplyAdd(weight, v128.load(row, 32), i);
      if (quads > 3) j = multiplyAdd(weight, v128.load(row, 48), j);
      if (quads > 4) k = multiplyAdd(weight, v128.load(row, 64), k);
      if (quads > 5) l = multiplyAdd(weight, v128.load(row, 80), l);
    }
    const other = matrices + rowStride;
    if (ones) {
      y = multiplyAdd(v128.load(other, next), lastOf(sumOf<Width>(g, h, i, j, k, l), ones), y);
      v128.store(x, f32x4.sub(v128.load(unary, next), y), next);
    }
    v128.store(x, f32x4.sub(v128.load(unary), multiplyAdd(v128.load(other), g, a)));
    if (quads > 1) v128.store(x, f32x4.sub(v128.load(unary, 16), multiplyAdd(v128.load(other, 16), h, b)), 16);
    if (quads > 2) v128.store(x, f32x4.sub(v128.load(unary, 32), multiplyAdd(v128.load(other, 32), i, c)), 32);
    if (quads > 3) v128.store(x, f32x4.sub(v128.load(unary, 48), multiplyAdd(v128.load(other, 48), j, d)), 48);
    if (quads > 4) v128.store(x, f32x4.sub(v128.load(unary, 64), multiplyAdd(v128.load(other, 64), k, e)), 64);
    if (quads > 5) v128.store(x, f32x4.sub(v128.load(unary, 80), multiplyAdd(v128.load(other, 80), l, f)), 80);
    unary += rowStride;
    x += rowStride;
  }
}

// @ts-ignore: decorator
@inline
function sumOf<Width>(a: v128, b: v128, c: v128, d: v128, e: v128, f: v128): v128 {
  const quads = widthOf<Width>();
  let sum = a;
  if (quads > 1) sum = f32x4.add(sum, b);
  if (quads > 2) sum = f32x4.add(sum, c);
  if (quads > 3) sum = f32x4.add(sum, d);
  if (quads > 4) sum = f32x4.add(sum, e);
  if (quads > 5) sum = f32x4.add(sum, f);
  return sum;
}

/** x = unary − Σ_c (spatial[c]·row c + bilateral[c]·row channels + c), six quads at a time in registers. */
// @ts-ignore: decorator
@inline
function transform(
  unary: usize,
  spatial: usize,
  bilateral: usize,
  matrices: usize,
  channels: u32,
  rowStride: usize,
  x: usize,
): void {
  const other = <usize>channels * rowStride;
  let at: usize = 0;
  for (; at + 96 <= rowStride; at += 96) {
    let a = f32x4.splat(0);
    let b = a;
    let c = a;
    let d = a;
    let e = a;
    let f = a;
    let row = matrices + at;
    for (let channel: usize = 0; channel < (<usize>channels) << 2; channel += 4) {
      const s = v128.load32_splat(spatial + channel);
      a = multiplyAdd(s, v128.load(row), a);
      b = multiplyAdd(s, v128.load(row, 16), b);
      c = multiplyAdd(s, v128.load(row, 32), c);
      d = multiplyAdd(s, v128.load(row, 48), d);
      e = multiplyAdd(s, v128.load(row, 64), e);
      f = multiplyAdd(s, v128.load(row, 80), f);
      const t = v128.load32_splat(bilateral + channel);
      const second = row + other;
      a = multiplyAdd(t, v128.load(second), a);
      b = multiplyAdd(t, v128.load(second, 16), b);
      c = multiplyAdd(t, v128.load(second, 32), c);
      d = multiplyAdd(t, v128.load(second, 48), d);
      e = multiplyAdd(t, v128.load(second, 64), e);
      f = multiplyAdd(t, v128.load(second, 80), f);
      row += rowStride;
    }
    v128.store(x + at, f32x4.sub(v128.load(unary + at), a));
    v128.store(x + at, f32x4.sub(v128.load(unary + at, 16), b), 16);
    v128.store(x + at, f32x4.sub(v128.load(unary + at, 32), c), 32);
    v128.store(x + at, f32x4.sub(v128.load(unary + at, 48), d), 48);
    v128.store(x + at, f32x4.sub(v128.load(unary + at, 64), e), 64);
    v128.store(x + at, f32x4.sub(v128.load(unary + at, 80), f), 80);
  }
  for (; at < rowStride; at += 16) {
    let message = f32x4.splat(0);
    let row = matrices + at;
    for (let channel: usize = 0; channel < (<usize>channels) << 2; channel += 4) {
      message = multiplyAdd(v128.load32_splat(spatial + channel), v128.load(row), message);
      message = multiplyAdd(v128.load32_splat(bilateral + channel), v128.load(row + other), message);
      row += rowStride;
    }
    v128.store(x + at, f32x4.sub(v128.load(unary + at), message));
  }
}
