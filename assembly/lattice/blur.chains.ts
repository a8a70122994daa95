import { scratch } from "../shared/scratch";
import { multiplyAdd } from "../shared/simd";
import { lastOfChain } from "./chains";
import { nearBytes } from "./gather";

/** Rows that are read together before the first of them is computed, and 48 bytes of which are: see `touch` of gather.ts. */
const together: usize = 128;

/**
 * Twin of kernels/lattice/blur.chains.wgsl. A chain is gone along by whoever has its first word.
 */
export function blurChains(chains: usize, values: usize, vertices: u32, quads: u32, begin: u32, end: u32): void {
  const first = chainFrom(chains, (begin + quads - 1) / quads);
  let last = chainFrom(chains, (end + quads - 1) / quads);
  while (last > first && load<u32>(last - 4) == 0xffffffff) last -= 4;
  const rowStride = (<usize>quads) << 4;
  const step = <usize>vertices * rowStride > nearBytes ? together << 2 : last - first;
  let q: u32 = 0;
  for (; q + 6 <= quads; q += 6) six(first, last, step, values + ((<usize>q) << 4), vertices, rowStride);
  for (; q < quads; q++) one(first, last, values + ((<usize>q) << 4), vertices, rowStride);
}

/** Where the first chain begins that does so at a word or behind it. */
function chainFrom(chains: usize, word: u32): usize {
  let at = chains + ((<usize>word) << 2);
  while (at > chains && !(load<u32>(at - 4) & lastOfChain)) at += 4;
  return at;
}

/** Row of the next vertex: that of zeros behind the last one of a chain, of which `goesOn` is 0. */
// @ts-ignore: decorator
@inline
function rowBehind(word: u32, goesOn: u32, vertices: u32): u32 {
  return (((word & ~lastOfChain) ^ vertices) & goesOn) ^ vertices;
}

// @ts-ignore: decorator
@inline
function six(first: usize, last: usize, step: usize, values: usize, vertices: u32, rowStride: usize): void {
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  let e = a;
  let f = a;
  let word = load<u32>(first);
  for (let at = first; at < last; ) {
    const stop = min(at + step, last);
    if (step < last - first) touch(at, stop, values, rowStride);
    for (; at < stop; at += 4) {
      const row = values + <usize>(word & ~lastOfChain) * rowStride;
      const goesOn = (word >> 31) - 1;
      word = load<u32>(at, 4);
      const next = values + <usize>rowBehind(word, goesOn, vertices) * rowStride;
      const kept = i32x4.splat(goesOn);
      a = along(row, next, a, kept);
      b = along(row + 16, next + 16, b, kept);
      c = along(row + 32, next + 32, c, kept);
      d = along(row + 48, next + 48, d, kept);
      e = along(row + 64, next + 64, e, kept);
      f = along(row + 80, next + 80, f, kept);
    }
  }
}

function touch(first: usize, last: usize, values: usize, rowStride: usize): void {
  let read: u32 = 0;
  for (let at = first; at < last; at += 4) {
    const row = values + <usize>(load<u32>(at) & ~lastOfChain) * rowStride;
    read = read ^ load<u32>(row) ^ load<u32>(row, 92);
  }
  store<u32>(scratch, read);
}

function one(first: usize, last: usize, values: usize, vertices: u32, rowStride: usize): void {
  let a = f32x4.splat(0);
  let word = load<u32>(first);
  for (let at = first; at < last; at += 4) {
    const row = values + <usize>(word & ~lastOfChain) * rowStride;
    const goesOn = (word >> 31) - 1;
    word = load<u32>(at, 4);
    a = along(row, values + <usize>rowBehind(word, goesOn, vertices) * rowStride, a, i32x4.splat(goesOn));
  }
}

/** Blurs a quad by that before, as it was, and the next. Returns what the next one has before it: nothing if a chain ends here. */
// @ts-ignore: decorator
@inline
function along(own: usize, next: usize, before: v128, kept: v128): v128 {
  const value = v128.load(own);
  v128.store(own, multiplyAdd(f32x4.splat(0.5), f32x4.add(before, v128.load(next)), value));
  return v128.and(value, kept);
}
