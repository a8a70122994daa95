import { Five, Four, One, Six, Three, Two, widthOf } from "../shared/quads";
import { scratch } from "../shared/scratch";
import { multiplyAdd } from "../shared/simd";

/**
 * to = scale·Σ weight·values[row] for many rows of results, `toStride` bytes apart, over `pairBytes` of pairs (row, weight) each, from `first` to `last`:
 * the sum at the heart of slice. `quads` of channels, up to six at a time in registers; `rowStride` in bytes. Loops over rows that are
 * functions of their own keep all they need in registers. (With functions for six, three and one alone a filter of two, four or five quads took 1.15
 * times as long, by the spatial lattice 1.2 times.)
 */
export function gatherRows(
  first: usize,
  last: usize,
  pairBytes: usize,
  values: usize,
  rowStride: usize,
  quads: u32,
  scale: v128,
  to: usize,
  toStride: usize,
): void {
  let q: usize = 0;
  const end = (<usize>quads) << 4;
  for (; q + 96 <= end; q += 96)
    gatherQuads<Six>(first, last, pairBytes, values + q, rowStride, scale, to + q, toStride);
  const rest = end - q;
  if (rest == 80) gatherQuads<Five>(first, last, pairBytes, values + q, rowStride, scale, to + q, toStride);
  else if (rest == 64) gatherQuads<Four>(first, last, pairBytes, values + q, rowStride, scale, to + q, toStride);
  else if (rest == 48) gatherQuads<Three>(first, last, pairBytes, values + q, rowStride, scale, to + q, toStride);
  else if (rest == 32) gatherQuads<Two>(first, last, pairBytes, values + q, rowStride, scale, to + q, toStride);
  else if (rest == 16) gatherQuads<One>(first, last, pairBytes, values + q, rowStride, scale, to + q, toStride);
}

function gatherQuads<Width>(
  first: usize,
  last: usize,
  pairBytes: usize,
  values: usize,
  rowStride: usize,
  scale: v128,
  to: usize,
  toStride: usize,
): void {
  const quads = widthOf<Width>();
  while (first < last) {
    const stop = first + pairBytes;
    let a = f32x4.splat(0);
    let b = a;
    let c = a;
    let d = a;
    let e = a;
    let f = a;
    for (; first < stop; first += 8) {
      const row = values + <usize>load<u32>(first) * rowStride;
      const weight = v128.load32_splat(first, 4);
      a = multiplyAdd(weight, v128.load(row), a);
      if (quads > 1) b = multiplyAdd(weight, v128.load(row, 16), b);
      if (quads > 2) c = multiplyAdd(weight, v128.load(row, 32), c);
      if (quads > 3) d = multiplyAdd(weight, v128.load(row, 48), d);
      if (quads > 4) e = multiplyAdd(weight, v128.load(row, 64), e);
      if (quads > 5) f = multiplyAdd(weight, v128.load(row, 80), f);
    }
    v128.store(to, f32x4.mul(scale, a));
    if (quads > 1) v128.store(to, f32x4.mul(scale, b), 16);
    if (quads > 2) v128.store(to, f32x4.mul(scale, c), 32);
    if (quads > 3) v128.store(to, f32x4.mul(scale, d), 48);
    if (quads > 4) v128.store(to, f32x4.mul(scale, e), 64);
    if (quads > 5) v128.store(to, f32x4.mul(scale, f), 80);
    to += toStride;
  }
}

/**
 * to += Σ weight·values[row] over the pairs (row, weight) in [first, last), the sum at the heart of splat, which goes on with one to the same bits; from
 * zero where it is `fresh`. `rowStride` is the bytes of a row, and `bytes` those of the channels that are summed.
 */
export function gatherOn(
  first: usize,
  last: usize,
  values: usize,
  rowStride: usize,
  bytes: usize,
  to: usize,
  fresh: bool,
): void {
  let q: usize = 0;
  for (; q + 96 <= bytes; q += 96) sumOn<Six>(first, last, values + q, rowStride, to + q, fresh);
  const rest = bytes - q;
  if (rest == 80) sumOn<Five>(first, last, values + q, rowStride, to + q, fresh);
  else if (rest == 64) sumOn<Four>(first, last, values + q, rowStride, to + q, fresh);
  else if (rest == 48) sumOn<Three>(first, last, values + q, rowStride, to + q, fresh);
  else if (rest == 32) sumOn<Two>(first, last, values + q, rowStride, to + q, fresh);
  else if (rest == 16) sumOn<One>(first, last, values + q, rowStride, to + q, fresh);
}

// @ts-ignore: decorator
@inline
export function sumOn<Width>(first: usize, last: usize, values: usize, rowStride: usize, to: usize, fresh: bool): void {
  const quads = widthOf<Width>();
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  let e = a;
  let f = a;
  if (!fresh) {
    a = v128.load(to);
    if (quads > 1) b = v128.load(to, 16);
    if (quads > 2) c = v128.load(to, 32);
    if (quads > 3) d = v128.load(to, 48);
    if (quads > 4) e = v128.load(to, 64);
    if (quads > 5) f = v128.load(to, 80);
  }
  for (let pair = first; pair < last; pair += 8) {
    const row = values + <usize>load<u32>(pair) * rowStride;
    const weight = v128.load32_splat(pair, 4);
    a = multiplyAdd(weight, v128.load(row), a);
    if (quads > 1) b = multiplyAdd(weight, v128.load(row, 16), b);
    if (quads > 2) c = multiplyAdd(weight, v128.load(row, 32), c);
    if (quads > 3) d = multiplyAdd(weight, v128.load(row, 48), d);
    if (quads > 4) e = multiplyAdd(weight, v128.load(row, 64), e);
    if (quads > 5) f = multiplyAdd(weight, v128.load(row, 80), f);
  }
  v128.store(to, a);
  if (quads > 1) v128.store(to, b, 16);
  if (quads > 2) v128.store(to, c, 32);
  if (quads > 3) v128.store(to, d, 48);
  if (quads > 4) v128.store(to, e, 64);
  if (quads > 5) v128.store(to, f, 80);
}

export function zero(to: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) v128.store(to + at, f32x4.splat(0));
}

/** Bytes of rows that are read together before the first of them is computed: those of 64 points of six quads in five dimensions. */
export const togetherBytes: usize = 36864;

/**
 * Tables up to so many bytes are found in near caches, where to read them twice only costs: without reads ahead slices of a table of 4.5 and 6.8 MB take
 * 0.6 of the time, splats from a map of 3 and 6 MB 0.8, updates and blurs by 4.5 MB 0.85. By 9 MB updates and blurs gain from them again.
 */
export const nearBytes: usize = 7 << 20;

/** Simplices from one to the next of those that tell how far the rows of many reach. */
const sampled: usize = 8;

/**
 * The farthest row of a few of the simplices in [first, last), or `before`. Those that have just been read tell of the next: to ask simplices that
 * have not been, so as to know before, has the processor wait for them.
 */
export function farthest(first: usize, last: usize, simplexBytes: usize, before: u32): u32 {
  for (; first < last; first += sampled * simplexBytes) before = max(before, load<u32>(first));
  return before;
}

/** Reads ahead the rows of the pairs in [first, last), `bytes` long. */
export function touch(first: usize, last: usize, values: usize, rowStride: usize, bytes: usize): void {
  readAhead(first, last, 8, 0xffffffff, values, rowStride, bytes);
}

/**
 * Reads both ends of the rows, `bytes` long, that bits of a word name every few bytes from first to last, of longer rows what lies 64 bytes behind
 * their beginning, too, and of rows of more than 192 bytes each line, and keeps nothing. Sums over rows that lie anywhere fill the processor's window
 * after a point or two, so that few rows are on their way to it at a time; reads alone let twenty come together. They are stored, so that no compiler
 * leaves them out. (A loop over the lines of a short row loses what they gain, and a third read of short rows a tenth of a splat; of 40 channels the
 * loop takes 1.2 times as long as three reads, and both ends alone 1.4 times; of 100 channels filters take 0.62 of the time with it.)
 */
// @ts-ignore: decorator
@inline
export function readAhead(
  first: usize,
  last: usize,
  step: usize,
  bits: u32,
  values: usize,
  rowStride: usize,
  bytes: usize,
): void {
  let read: u32 = 0;
  if (bytes > 192) {
    for (let word = first; word < last; word += step) {
      const row = values + <usize>(load<u32>(word) & bits) * rowStride;
      for (let at: usize = 0; at < bytes; at += 64) read = read ^ load<u32>(row + at);
      read = read ^ load<u32>(row + bytes - 4);
    }
  } else if (bytes > 128) {
    for (let word = first; word < last; word += step) {
      const row = values + <usize>(load<u32>(word) & bits) * rowStride;
      read = read ^ load<u32>(row) ^ load<u32>(row, 64) ^ load<u32>(row + bytes - 4);
    }
  } else {
    for (let word = first; word < last; word += step) {
      const row = values + <usize>(load<u32>(word) & bits) * rowStride;
      read = read ^ load<u32>(row) ^ load<u32>(row + bytes - 4);
    }
  }
  store<u32>(scratch, read);
}
