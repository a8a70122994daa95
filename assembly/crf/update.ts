import { gather } from "../lattice/gather";
import { scratch } from "../shared/scratch";
import { multiplyAdd } from "../shared/simd";
import { activate } from "./softmax";

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
  const one = f32x4.splat(1);
  // The filtered values of a pixel, one row of each filter. They are subtracted from the unary directly, without an X
  // in memory.
  const spatial = scratch;
  const bilateral = spatial + rowStride;
  const x = bilateral + rowStride;
  const each = 64 / quads;
  for (let point = begin * each; point < min(end * each, points); point++) {
    const first = spatialSimplices + <usize>point * 24;
    gather(first, first + 24, spatialValues, rowStride, quads, one, spatial);
    const other = bilateralSimplices + <usize>point * simplexBytes;
    gather(other, other + simplexBytes, bilateralValues, rowStride, quads, one, bilateral);
    const own = unary + <usize>point * rowStride;
    if (diagonal) {
      for (let at: usize = 0; at < rowStride; at += 16) {
        let message = f32x4.mul(v128.load(matrices + at), v128.load(spatial + at));
        message = multiplyAdd(v128.load(matrices + rowStride + at), v128.load(bilateral + at), message);
        v128.store(x + at, f32x4.sub(v128.load(own + at), message));
      }
    } else transform(own, spatial, bilateral, matrices, channels, rowStride, x);
    activate(x, result + <usize>point * rowStride, channels, activation);
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
