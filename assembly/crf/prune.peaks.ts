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
  const left = channels & 3;
  const tail = i32x4.lt_u(i32x4(0, 1, 2, 3), i32x4.splat(left ? left : 4));
  const lowest = f32x4.splat(-f32.MAX_VALUE);
  for (let block = begin; block < end; block++) {
    const first = block * blockRows;
    const stop = min(first + blockRows, rows);
    const to = result + <usize>block * rowStride;
    for (let row = first; row < stop; row++) {
      const from = values + <usize>row * rowStride;
      let largest = f32x4.splat(0);
      if (logits) {
        // Padding lanes are no candidates for the maximum.
        largest = v128.bitselect(v128.load(from + last), lowest, tail);
        for (let at: usize = 0; at < last; at += 16) largest = f32x4.max(largest, v128.load(from + at));
        largest = f32x4.max(largest, v128.shuffle<f32>(largest, largest, 2, 3, 0, 1));
        largest = f32x4.max(largest, v128.shuffle<f32>(largest, largest, 1, 0, 3, 2));
      }
      for (let at: usize = 0; at < rowStride; at += 16) {
        let value = f32x4.sub(v128.load(from + at), largest);
        if (row > first) value = f32x4.max(v128.load(to + at), value);
        v128.store(to + at, value);
      }
    }
    v128.store(to + last, v128.and(v128.load(to + last), tail));
  }
}
