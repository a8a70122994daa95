import { exp4, exponentiate, largestLane, largestOf, sumLanes, tailMask } from "../shared/simd";
import { transpose } from "../shared/transpose";
import { ACTIVATION_NONE, ACTIVATION_RELU, ACTIVATION_SOFTMAX } from "./activation";

/**
 * Bytes of rows that go through each step together, so that a step of one row does not wait for the step before it: 32 rows of 21 classes. (768 to
 * 4096 bytes take as long, 6144 and 12,288 1.1 and 1.2 times, of 150 classes as well. Steps of a row at a time with a sum that is kept meanwhile, in
 * a loop of exponentials of its own or written out, 1.3 and 1.45 times: V8 keeps constants and sums on the stack then.)
 */
const together: usize = 3072;

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
  const first = (<usize>begin * ((channels + 3) >> 2)) << 4;
  activate(values + first, result + first, end - begin, channels, activation);
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
  const rowBytes = (<usize>((channels + 3) >> 2)) << 4;
  const end = from + <usize>rows * rowBytes;
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
  const tail = tailMask(channels);
  const step = max<usize>(together / rowBytes, 1) * rowBytes;
  for (; from < end; from += step) {
    const last = min(from + step, end);
    const stop = to + (last - from);
    if (activation == ACTIVATION_RELU) {
      rectify(from, last, to, rowBytes, tail);
    } else {
      lessLargest(from, last, to, rowBytes, tail);
      exponentiate(to, stop);
    }
    divideBySums(to, stop, rowBytes);
    to = stop;
  }
}

/** Rows less the largest of their values, and −∞ in the lanes of no channel. (Six quads in the loops, here and in `divideBySums`: 1.1 of a softmax.) */
function lessLargest(from: usize, end: usize, to: usize, rowBytes: usize, tail: v128): void {
  const last = rowBytes - 16;
  const none = f32x4.splat(-Infinity);
  for (; from < end; from += rowBytes) {
    const behind = v128.bitselect(v128.load(from + last), none, tail);
    let most = behind;
    if (rowBytes == 96) {
      const a = v128.load(from);
      const b = v128.load(from, 16);
      const c = v128.load(from, 32);
      const d = v128.load(from, 48);
      const e = v128.load(from, 64);
      most = f32x4.pmax(f32x4.pmax(f32x4.pmax(a, b), f32x4.pmax(c, d)), f32x4.pmax(e, most));
      most = largestLane(most);
      v128.store(to, f32x4.sub(a, most));
      v128.store(to, f32x4.sub(b, most), 16);
      v128.store(to, f32x4.sub(c, most), 32);
      v128.store(to, f32x4.sub(d, most), 48);
      v128.store(to, f32x4.sub(e, most), 64);
    } else {
      most = largestOf(from, last, tail);
      for (let at: usize = 0; at < last; at += 16) v128.store(to + at, f32x4.sub(v128.load(from + at), most));
    }
    v128.store(to + last, f32x4.sub(behind, most));
    to += rowBytes;
  }
}

/** What of rows is positive, and 0 in the lanes of no channel. */
function rectify(from: usize, end: usize, to: usize, rowBytes: usize, tail: v128): void {
  const last = rowBytes - 16;
  const zero = f32x4.splat(0);
  for (; from < end; from += rowBytes) {
    for (let at: usize = 0; at < last; at += 16) v128.store(to + at, f32x4.pmax(v128.load(from + at), zero));
    v128.store(to + last, v128.and(f32x4.pmax(v128.load(from + last), zero), tail));
    to += rowBytes;
  }
}

/** Rows over their sums, and 1e-20. */
function divideBySums(row: usize, end: usize, rowBytes: usize): void {
  for (; row < end; row += rowBytes) {
    if (rowBytes == 96) {
      const a = v128.load(row);
      const b = v128.load(row, 16);
      const c = v128.load(row, 32);
      const d = v128.load(row, 48);
      const e = v128.load(row, 64);
      const f = v128.load(row, 80);
      const factor = overSum(f32x4.add(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)), f32x4.add(e, f)));
      v128.store(row, f32x4.mul(a, factor));
      v128.store(row, f32x4.mul(b, factor), 16);
      v128.store(row, f32x4.mul(c, factor), 32);
      v128.store(row, f32x4.mul(d, factor), 48);
      v128.store(row, f32x4.mul(e, factor), 64);
      v128.store(row, f32x4.mul(f, factor), 80);
    } else {
      let sum = f32x4.splat(0);
      let at: usize = 0;
      for (; at + 32 <= rowBytes; at += 32) {
        sum = f32x4.add(sum, f32x4.add(v128.load(row + at), v128.load(row + at, 16)));
      }
      if (at < rowBytes) sum = f32x4.add(sum, v128.load(row + at));
      const factor = overSum(sum);
      for (at = 0; at < rowBytes; at += 16) v128.store(row + at, f32x4.mul(v128.load(row + at), factor));
    }
  }
}

// @ts-ignore: decorator
@inline
function overSum(sum: v128): v128 {
  return f32x4.div(f32x4.splat(1), f32x4.add(sumLanes(sum), f32x4.splat(1e-20)));
}
