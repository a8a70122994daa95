import { scratch } from "../shared/scratch";
import { exp4, exp8, largestOf, sumLanes, tailMask } from "../shared/simd";
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

function powers(x: v128, most: v128): v128 {
  return exp4(f32x4.sub(x, most));
}

/**
 * Softmax of four rows of a quad: their first channels side by side, then their second ones, and so on, so that a channel that is not there costs no exp.
 * Sums are added up as `sumLanes` does.
 */
function softmaxFour(from: usize, to: usize, channels: u32): void {
  const a = v128.load(from);
  const b = v128.load(from, 16);
  const c = v128.load(from, 32);
  const d = v128.load(from, 48);
  const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  let first = v128.shuffle<i32>(ab, cd, 0, 1, 4, 5);
  let second = v128.shuffle<i32>(ab, cd, 2, 3, 6, 7);
  const abEnd = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const cdEnd = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  let third = v128.shuffle<i32>(abEnd, cdEnd, 0, 1, 4, 5);
  let fourth = v128.shuffle<i32>(abEnd, cdEnd, 2, 3, 6, 7);
  let most = first;
  if (channels > 1) most = f32x4.pmax(most, second);
  if (channels > 2) most = f32x4.pmax(most, third);
  if (channels > 3) most = f32x4.pmax(most, fourth);
  const zero = f32x4.splat(0);
  first = powers(first, most);
  second = channels > 1 ? powers(second, most) : zero;
  third = channels > 2 ? powers(third, most) : zero;
  fourth = channels > 3 ? powers(fourth, most) : zero;
  const factor = f32x4.div(f32x4.splat(1), f32x4.add(f32x4.add(first, third), f32x4.add(second, fourth)));
  first = f32x4.mul(first, factor);
  second = f32x4.mul(second, factor);
  third = f32x4.mul(third, factor);
  fourth = f32x4.mul(fourth, factor);
  const left = v128.shuffle<i32>(first, second, 0, 4, 1, 5);
  const right = v128.shuffle<i32>(third, fourth, 0, 4, 1, 5);
  v128.store(to, v128.shuffle<i32>(left, right, 0, 1, 4, 5));
  v128.store(to, v128.shuffle<i32>(left, right, 2, 3, 6, 7), 16);
  const leftEnd = v128.shuffle<i32>(first, second, 2, 6, 3, 7);
  const rightEnd = v128.shuffle<i32>(third, fourth, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i32>(leftEnd, rightEnd, 0, 1, 4, 5), 32);
  v128.store(to, v128.shuffle<i32>(leftEnd, rightEnd, 2, 3, 6, 7), 48);
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
