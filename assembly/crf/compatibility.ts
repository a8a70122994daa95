import { rowOf } from "../shared/rows";
import { scratch } from "../shared/scratch";
import { multiplyAdd, sumLanes } from "../shared/simd";

/**
 * How many rows are computed while one panel of the matrix is in use. They stay in the first-level cache for all
 * panels.
 */
const blockRows: u32 = 256;

/** The channels of a panel that scratch memory holds, of 64 KiB. */
const mostChannels: u32 = 2048;

/**
 * Twin of kernels/crf/compatibility.wgsl. Panels of eight results lie transposed in scratch memory, so that a channel's
 * products with them are two multiplications by its value, four rows at a time in registers. Channels are added up in
 * their order in every path, so that where a range begins or ends changes no bit. (Measured, 21 channels: 84 % of the ceiling of
 * multiply-adds; 32 % by dot products.)
 */
export function compatibility(
  values: usize,
  matrix: usize,
  addend: usize,
  result: usize,
  rows: u32,
  channels: u32,
  matrixRow: u32,
  diagonal: u32,
  factor: f32,
  add: u32,
  begin: u32,
  end: u32,
): void {
  const quads = (channels + 3) >> 2;
  const rowStride = (<usize>quads) << 4;
  const first = matrix + <usize>matrixRow * rowStride;
  const scale = f32x4.splat(factor);
  if (diagonal) {
    let column = (<usize>begin % quads) << 4;
    for (let at = (<usize>begin) << 4; at < (<usize>end) << 4; at += 16) {
      finish(f32x4.mul(v128.load(first + column), v128.load(values + at)), scale, addend + at, result + at, add);
      column = column + 16 == rowStride ? 0 : column + 16;
    }
    return;
  }
  if (channels > mostChannels) {
    for (let index = begin; index < end; index++) {
      dots(values, first, rowStride, channels, index / quads, (index % quads) << 2);
      const at = (<usize>index) << 4;
      finish(v128.load(scratch), scale, addend + at, result + at, add);
    }
    return;
  }
  const last = rowOf(end, quads);
  for (let block = rowOf(begin, quads); block < last; block += blockRows) {
    const stop = min(block + blockRows, last);
    for (let quad: u32 = 0; quad < quads; quad += 2) {
      const wide = quad + 1 < quads;
      fillPanel(first, rowStride, channels, quad << 2);
      const at = (<usize>quad) << 4;
      let row = block;
      if (wide) {
        for (; row + 4 <= stop; row += 4) four(values, addend, result, row, rowStride, at, channels, scale, add);
      }
      for (; row < stop; row++) {
        one(values, addend, result, row, rowStride, at, channels, scale, add, 0);
        if (wide) one(values, addend, result, row, rowStride, at + 16, channels, scale, add, 16);
      }
    }
  }
}

/** Four results of one row, for matrices whose panels scratch memory does not hold. */
function dots(values: usize, matrix: usize, rowStride: usize, channels: u32, row: u32, channel: u32): void {
  const x = values + <usize>row * rowStride;
  for (let lane: u32 = 0; lane < 4; lane++) {
    let sum = f32x4.splat(0);
    if (channel + lane < channels) {
      const own = matrix + <usize>(channel + lane) * rowStride;
      for (let at: usize = 0; at < rowStride; at += 16) {
        sum = multiplyAdd(v128.load(own + at), v128.load(x + at), sum);
      }
    }
    store<f32>(scratch + ((<usize>lane) << 2), f32x4.extract_lane(sumLanes(sum), 0));
  }
}

/** panel[c][0…7] = matrix[channel + 0…7][c], zero beyond the last channel. */
function fillPanel(matrix: usize, rowStride: usize, channels: u32, channel: u32): void {
  for (let lane: u32 = 0; lane < 8; lane++) {
    const own = channel + lane < channels;
    const row = matrix + <usize>(channel + lane) * rowStride;
    for (let c: u32 = 0; c < channels; c++) {
      const value = own ? load<f32>(row + ((<usize>c) << 2)) : <f32>0;
      store<f32>(scratch + ((<usize>c) << 5) + ((<usize>lane) << 2), value);
    }
  }
}

// @ts-ignore: decorator
@inline
function finish(sum: v128, scale: v128, addend: usize, result: usize, add: u32): void {
  let total = f32x4.mul(scale, sum);
  if (add) total = f32x4.add(total, v128.load(addend));
  v128.store(result, total);
}

/** Computes eight results of four rows. */
// @ts-ignore: decorator
@inline
function four(
  values: usize,
  addend: usize,
  result: usize,
  row: u32,
  rowStride: usize,
  at: usize,
  channels: u32,
  scale: v128,
  add: u32,
): void {
  const offset = <usize>row * rowStride;
  let x0 = values + offset;
  let x1 = x0 + rowStride;
  let x2 = x1 + rowStride;
  let x3 = x2 + rowStride;
  let a0 = f32x4.splat(0);
  let b0 = a0;
  let a1 = a0;
  let b1 = a0;
  let a2 = a0;
  let b2 = a0;
  let a3 = a0;
  let b3 = a0;
  const end = scratch + ((<usize>channels) << 5);
  for (let panel = scratch; panel < end; panel += 32) {
    const low = v128.load(panel);
    const high = v128.load(panel, 16);
    let x = v128.load32_splat(x0);
    a0 = multiplyAdd(x, low, a0);
    b0 = multiplyAdd(x, high, b0);
    x = v128.load32_splat(x1);
    a1 = multiplyAdd(x, low, a1);
    b1 = multiplyAdd(x, high, b1);
    x = v128.load32_splat(x2);
    a2 = multiplyAdd(x, low, a2);
    b2 = multiplyAdd(x, high, b2);
    x = v128.load32_splat(x3);
    a3 = multiplyAdd(x, low, a3);
    b3 = multiplyAdd(x, high, b3);
    x0 += 4;
    x1 += 4;
    x2 += 4;
    x3 += 4;
  }
  const to = result + offset + at;
  const plus = addend + offset + at;
  finish(a0, scale, plus, to, add);
  finish(b0, scale, plus + 16, to + 16, add);
  finish(a1, scale, plus + rowStride, to + rowStride, add);
  finish(b1, scale, plus + rowStride + 16, to + rowStride + 16, add);
  finish(a2, scale, plus + 2 * rowStride, to + 2 * rowStride, add);
  finish(b2, scale, plus + 2 * rowStride + 16, to + 2 * rowStride + 16, add);
  finish(a3, scale, plus + 3 * rowStride, to + 3 * rowStride, add);
  finish(b3, scale, plus + 3 * rowStride + 16, to + 3 * rowStride + 16, add);
}

/** One row by four results, those from byte `half` of the panel's eight on. */
function one(
  values: usize,
  addend: usize,
  result: usize,
  row: u32,
  rowStride: usize,
  at: usize,
  channels: u32,
  scale: v128,
  add: u32,
  half: usize,
): void {
  const offset = <usize>row * rowStride;
  const x = values + offset;
  let sum = f32x4.splat(0);
  for (let c: u32 = 0; c < channels; c++) {
    sum = multiplyAdd(v128.load32_splat(x + ((<usize>c) << 2)), v128.load(scratch + ((<usize>c) << 5) + half), sum);
  }
  finish(sum, scale, addend + offset + at, result + offset + at, add);
}
