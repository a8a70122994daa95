import { largestOf, tailMask } from "../shared/simd";

/** Twin of kernels/crf/prune.peaks.wgsl. */
export function prunePeaks(
  values: usize,
  result: usize,
  rows: u32,
  channels: u32,
  blockRows: u32,
  logits: u32,
  begin: u32,
  end: u32,
): void {
  const rowStride = (<usize>((channels + 3) >> 2)) << 4;
  const last = rowStride - 16;
  const tail = tailMask(channels);
  for (let block = begin; block < end; block++) {
    const first = block * blockRows;
    const stop = min(first + blockRows, rows);
    const to = result + <usize>block * rowStride;
    let lost = f32x4.splat(0);
    for (let row = first; row < stop; row++) {
      const from = values + <usize>row * rowStride;
      let largest = f32x4.splat(0);
      if (logits) largest = largestOf(from, last, tail);
      for (let at: usize = 0; at < rowStride; at += 16) {
        let value = f32x4.sub(v128.load(from + at), largest);
        lost = v128.or(lost, f32x4.ne(value, value));
        if (row > first) value = f32x4.pmax(v128.load(to + at), value);
        v128.store(to + at, value);
      }
    }
    // NaN, which pmax leaves out.
    if (v128.any_true(lost)) memory.fill(to, 0xff, rowStride);
    v128.store(to + last, v128.and(v128.load(to + last), tail));
  }
}
