import { farthest, gatherOn, nearBytes, touch } from "../lattice/gather";
import { scratch } from "../shared/scratch";
import { multiplyAdd } from "../shared/simd";
import { activate, activateBytes } from "./softmax";

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
  begin: u32,
  end: u32,
): void {
  const rowStride = (<usize>quads) << 4;
  const simplexBytes = (<usize>(dimensions + 1)) << 3;
  // The filtered values of a pixel, one row of each filter, behind what `activate` keeps.
  const spatial = scratch + activateBytes;
  const bilateral = spatial + rowStride;
  const each = 64 / quads;
  const last = min(end * each, points);
  let reached: u32 = 0;
  for (let first = begin * each; first < last; first += together) {
    const stop = min(first + together, last);
    const simplices = bilateralSimplices + <usize>first * simplexBytes;
    const simplicesEnd = bilateralSimplices + <usize>stop * simplexBytes;
    if (<usize>reached * rowStride > nearBytes) touch(simplices, simplicesEnd, bilateralValues, rowStride, rowStride);
    const near = spatialSimplices + <usize>first * 24;
    const own = unary + <usize>first * rowStride;
    const x = result + <usize>first * rowStride;
    if (diagonal) {
      weigh(near, simplices, simplicesEnd, simplexBytes, spatialValues, bilateralValues, matrices, rowStride, own, x);
    } else {
      for (let point: usize = 0; point < stop - first; point++) {
        const like = simplices + point * simplexBytes;
        gatherOn(near + point * 24, near + point * 24 + 24, spatialValues, rowStride, rowStride, spatial, true);
        gatherOn(like, like + simplexBytes, bilateralValues, rowStride, rowStride, bilateral, true);
        transform(own + point * rowStride, spatial, bilateral, matrices, channels, rowStride, x + point * rowStride);
      }
    }
    reached = farthest(simplices, simplicesEnd, simplexBytes, reached);
    activate(x, x, stop - first, channels, activation);
  }
}

/**
 * x = unary − (matrices row 0 ∘ Σ spatial + row 1 ∘ Σ bilateral) for points whose simplices lie from `near` and from `like` on. Loops over points that
 * are functions of their own keep all they need in registers.
 */
function weigh(
  near: usize,
  like: usize,
  likeEnd: usize,
  simplexBytes: usize,
  spatialValues: usize,
  bilateralValues: usize,
  matrices: usize,
  rowStride: usize,
  unary: usize,
  x: usize,
): void {
  let at: usize = 0;
  for (; at + 96 <= rowStride; at += 96) {
    weighSix(
      near,
      like,
      likeEnd,
      simplexBytes,
      spatialValues + at,
      bilateralValues + at,
      matrices + at,
      rowStride,
      unary + at,
      x + at,
    );
  }
  for (; at + 48 <= rowStride; at += 48) {
    weighThree(
      near,
      like,
      likeEnd,
      simplexBytes,
      spatialValues + at,
      bilateralValues + at,
      matrices + at,
      rowStride,
      unary + at,
      x + at,
    );
  }
  for (; at < rowStride; at += 16) {
    weighOne(
      near,
      like,
      likeEnd,
      simplexBytes,
      spatialValues + at,
      bilateralValues + at,
      matrices + at,
      rowStride,
      unary + at,
      x + at,
    );
  }
}

function weighSix(
  near: usize,
  like: usize,
  likeEnd: usize,
  simplexBytes: usize,
  spatialValues: usize,
  bilateralValues: usize,
  matrices: usize,
  rowStride: usize,
  unary: usize,
  x: usize,
): void {
  weighQuads(6, near, like, likeEnd, simplexBytes, spatialValues, bilateralValues, matrices, rowStride, unary, x);
}

function weighThree(
  near: usize,
  like: usize,
  likeEnd: usize,
  simplexBytes: usize,
  spatialValues: usize,
  bilateralValues: usize,
  matrices: usize,
  rowStride: usize,
  unary: usize,
  x: usize,
): void {
  weighQuads(3, near, like, likeEnd, simplexBytes, spatialValues, bilateralValues, matrices, rowStride, unary, x);
}

function weighOne(
  near: usize,
  like: usize,
  likeEnd: usize,
  simplexBytes: usize,
  spatialValues: usize,
  bilateralValues: usize,
  matrices: usize,
  rowStride: usize,
  unary: usize,
  x: usize,
): void {
  weighQuads(1, near, like, likeEnd, simplexBytes, spatialValues, bilateralValues, matrices, rowStride, unary, x);
}

/** The same of so many quads, which are in registers; see `sumOn` of gather.ts. */
// @ts-ignore: decorator
@inline
function weighQuads(
  quads: i32,
  near: usize,
  like: usize,
  likeEnd: usize,
  simplexBytes: usize,
  spatialValues: usize,
  bilateralValues: usize,
  matrices: usize,
  rowStride: usize,
  unary: usize,
  x: usize,
): void {
  while (like < likeEnd) {
    let a = f32x4.splat(0);
    let b = a;
    let c = a;
    let d = a;
    let e = a;
    let f = a;
    for (const stop = near + 24; near < stop; near += 8) {
      const row = spatialValues + <usize>load<u32>(near) * rowStride;
      const weight = v128.load32_splat(near, 4);
      a = multiplyAdd(weight, v128.load(row), a);
      if (quads > 1) b = multiplyAdd(weight, v128.load(row, 16), b);
      if (quads > 2) c = multiplyAdd(weight, v128.load(row, 32), c);
      if (quads > 3) d = multiplyAdd(weight, v128.load(row, 48), d);
      if (quads > 4) e = multiplyAdd(weight, v128.load(row, 64), e);
      if (quads > 5) f = multiplyAdd(weight, v128.load(row, 80), f);
    }
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
    for (const stop = like + simplexBytes; like < stop; like += 8) {
      const row = bilateralValues + <usize>load<u32>(like) * rowStride;
      const weight = v128.load32_splat(like, 4);
      g = multiplyAdd(weight, v128.load(row), g);
      if (quads > 1) h = multiplyAdd(weight, v128.load(row, 16), h);
      if (quads > 2) i = multiplyAdd(weight, v128.load(row, 32), i);
      if (quads > 3) j = multiplyAdd(weight, v128.load(row, 48), j);
      if (quads > 4) k = multiplyAdd(weight, v128.load(row, 64), k);
      if (quads > 5) l = multiplyAdd(weight, v128.load(row, 80), l);
    }
    const other = matrices + rowStride;
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
