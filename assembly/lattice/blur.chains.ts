import { Five, Four, None, One, Six, Three, Two, widthOf } from "../shared/quads";
import { rowOf } from "../shared/rows";
import { multiplyAdd } from "../shared/simd";
import { lastOfChain } from "./chains";
import { nearBytes, readAhead } from "./gather";

/** Bytes of rows that are read together, `readAhead` of gather.ts says why, and then gone along once for every few quads. */
const together: usize = 12288;

/**
 * Twin of kernels/lattice/blur.chains.wgsl. A chain is gone along by whoever has its first word. (Measured at 142 k vertices in d = 5, six quads,
 * all axes: 6.5 ms for 16.9 of blur; 9.5 without reads ahead, and with a branch where a chain ends, most of which have two or three vertices.)
 */
export function blurChains(chains: usize, values: usize, vertices: u32, quads: u32, begin: u32, end: u32): void {
  const rowStride = (<usize>quads) << 4;
  const far = <usize>vertices * rowStride > nearBytes;
  const step = max(together / rowStride, 1) << 2;
  let from = chains + ((<usize>rowOf(begin, quads)) << 2);
  if (from > chains) from = chainEnd(from);
  let last = chainEnd(chains + ((<usize>rowOf(end, quads)) << 2));
  while (last > from && load<u32>(last - 4) == 0xffffffff) last -= 4;
  while (from < last) {
    const to = chainEnd(min(from + step, last));
    if (far) readAhead(from, to, 4, ~lastOfChain, values, rowStride, rowStride);
    let q: u32 = 0;
    for (; q + 6 <= quads; q += 6) goAlong<Six>(from, to, values + ((<usize>q) << 4), vertices, rowStride);
    const rest = quads - q;
    if (rest == 5) goAlong<Five>(from, to, values + ((<usize>q) << 4), vertices, rowStride);
    else if (rest == 4) goAlong<Four>(from, to, values + ((<usize>q) << 4), vertices, rowStride);
    else if (rest == 3) goAlong<Three>(from, to, values + ((<usize>q) << 4), vertices, rowStride);
    else if (rest == 2) goAlong<Two>(from, to, values + ((<usize>q) << 4), vertices, rowStride);
    else if (rest == 1) goAlong<One>(from, to, values + ((<usize>q) << 4), vertices, rowStride);
    from = to;
  }
}

/** Where the chain ends that has the word before this place. */
function chainEnd(place: usize): usize {
  while (!(load<u32>(place - 4) & lastOfChain)) place += 4;
  return place;
}

/** Row of the next vertex: that of zeros behind the last one of a chain, of which `goesOn` is 0. */
// @ts-ignore: decorator
@inline
function rowBehind(word: u32, goesOn: u32, vertices: u32): u32 {
  return (((word & ~lastOfChain) ^ vertices) & goesOn) ^ vertices;
}

/** Blurs along the chains that have the words in [first, last). */
function goAlong<Width>(first: usize, last: usize, values: usize, vertices: u32, rowStride: usize): void {
  const quads = widthOf<Width>();
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  let e = a;
  let f = a;
  let word = load<u32>(first);
  for (let at = first; at < last; at += 4) {
    const row = values + <usize>(word & ~lastOfChain) * rowStride;
    const goesOn = (word >> 31) - 1;
    word = load<u32>(at, 4);
    const next = values + <usize>rowBehind(word, goesOn, vertices) * rowStride;
    const kept = i32x4.splat(goesOn);
    a = along<None>(row, next, a, kept);
    if (quads > 1) b = along<One>(row, next, b, kept);
    if (quads > 2) c = along<Two>(row, next, c, kept);
    if (quads > 3) d = along<Three>(row, next, d, kept);
    if (quads > 4) e = along<Four>(row, next, e, kept);
    if (quads > 5) f = along<Five>(row, next, f, kept);
  }
}

/** Blurs a quad by that before, as it was, and the next. Returns what the next one has before it: nothing if a chain ends here. */
// @ts-ignore: decorator
@inline
function along<Before>(own: usize, next: usize, before: v128, kept: v128): v128 {
  const value = v128.load(own, offsetof<Before>());
  const sum = f32x4.add(before, v128.load(next, offsetof<Before>()));
  v128.store(own, multiplyAdd(f32x4.splat(0.5), sum, value), offsetof<Before>());
  return v128.and(value, kept);
}
