import { scratch } from "../shared/scratch";
import { exp4, exp8, largestOf, sumLanes, tailMask } from "../shared/simd";
import { transpose } from "../shared/transpose";
import { ACTIVATION_NONE, ACTIVATION_RELU, ACTIVATION_SOFTMAX } from "./activation";

/** Rows that go through each step together, so that a step of one row does not wait for the step before it. */
const blockRows: u32 = 64;
/** The bytes of scratch memory that `activate` uses for as many rows, from its beginning on. */
export const activateBytes: usize = 1024;

/** Twin of kernels/crf/softmax.wgsl. */
export function softmax(
  values: usize,
  result: usize,
  rows: u32,
  channels: u32,
  activation: u32,
  begin: u32,
  end: u32,
): void {
  const rowStride = (<usize>((channels + 3) >> 2)) << 4;
  for (let row = begin; row < end; row += blockRows) {
    const at = <usize>row * rowStride;
    activate(values + at, result + at, min(blockRows, end - row), channels, activation);
  }
}

/**
 * Softmax of four rows of a quad: their first channels side by side, then their second ones, and so on, so that a channel that is not there costs no exp.
 * Sums are added up as `sumLanes` does.
 */
function softmaxFour(from: usize, to: usize, channels: u32): void {
  transpose(from, to);
  const end = to + ((<usize>channels) << 4);
  let most = v128.load(to);
  for (let at = to + 16; at < end; at += 16) most = f32x4.pmax(most, v128.load(at));
  for (let at = to; at < end; at += 16) v128.store(at, exp4(f32x4.sub(v128.load(at), most)));
  for (let at = end; at < to + 64; at += 16) v128.store(at, f32x4.splat(0));
  const even = f32x4.add(v128.load(to), v128.load(to, 32));
  const odd = f32x4.add(v128.load(to, 16), v128.load(to, 48));
  const factor = f32x4.div(f32x4.splat(1), f32x4.add(even, odd));
  for (let at = to; at < end; at += 16) v128.store(at, f32x4.mul(v128.load(at), factor));
  transpose(to, to);
}

/** A few rows of softmax.wgsl, or a copy of them where there is no activation. `from` and `to` may be the same. */
export function activate(from: usize, to: usize, rows: u32, channels: u32, activation: u32): void {
  const rowStride = (<usize>((channels + 3) >> 2)) << 4;
  const end = from + <usize>rows * rowStride;
  if (activation == ACTIVATION_NONE) {
    if (from != to) memory.copy(to, from, end - from);
    return;
  }
  if (channels <= 4 && activation == ACTIVATION_SOFTMAX) {
    for (; from + 64 <= end; from += 64) {
      softmaxFour(from, to, channels);
      to += 64;
    }
  }
  const last = rowStride - 16;
  const tail = tailMask(channels);
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  const all = i32x4.splat(-1);
  // A quad a row: the largest value, then one over the sum.
  let kept = scratch;
  if (activation == ACTIVATION_SOFTMAX) {
    for (let row = from; row < end; row += rowStride) {
      v128.store(kept, largestOf(row, last, tail));
      kept += 16;
    }
    kept = scratch;
    let into = to;
    for (let row = from; row < end; row += rowStride) {
      const largest = v128.load(kept);
      let sum = zero;
      let at: usize = 0;
      for (; at + 32 < rowStride; at += 32) sum = f32x4.add(sum, exp8(row + at, largest, all, into + at));
      if (at + 32 == rowStride) {
        sum = f32x4.add(sum, exp8(row + at, largest, tail, into + at));
      } else {
        const a = v128.and(exp4(f32x4.sub(v128.load(row + at), largest)), tail);
        v128.store(into + at, a);
        sum = f32x4.add(sum, a);
      }
      v128.store(kept, f32x4.div(one, sumLanes(sum)));
      into += rowStride;
      kept += 16;
    }
  } else {
    let into = to;
    for (let row = from; row < end; row += rowStride) {
      let sum = zero;
      for (let at: usize = 0; at < last; at += 16) {
        const value = f32x4.pmax(v128.load(row + at), zero);
        v128.store(into + at, value);
        sum = f32x4.add(sum, value);
      }
      const value = v128.and(f32x4.pmax(v128.load(row + last), zero), tail);
      v128.store(into + last, value);
      v128.store(kept, f32x4.div(one, f32x4.add(sumLanes(f32x4.add(sum, value)), f32x4.splat(1e-20))));
      into += rowStride;
      kept += 16;
    }
  }
  kept = scratch;
  const stop = to + (end - from);
  for (let row = to; row < stop; row += rowStride) {
    const factor = v128.load(kept);
    for (let at = row; at < row + rowStride; at += 16) v128.store(at, f32x4.mul(v128.load(at), factor));
    kept += 16;
  }
}
