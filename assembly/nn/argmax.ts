import { labelOf, tailMask } from "../shared/simd";
import { keepFirst } from "../shared/status";

/** Twin of kernels/nn/argmax.wgsl. */
export function argmax(
  scores: usize,
  labels: usize,
  status: usize,
  rows: u32,
  first: u32,
  channels: u32,
  bits: u32,
  begin: u32,
  end: u32,
): void {
  const rowStride = (<usize>((channels + 3) >> 2)) << 4;
  const tail = tailMask(channels);
  const each = 32 / bits;
  for (let index = begin; index < end; index++) {
    const from = index * each;
    let word: u32 = 0;
    const count = min<u32>(each, rows - from);
    for (let i: u32 = 0; i < count; i++) {
      const label = labelOf(scores + <usize>(from + i) * rowStride, rowStride, tail);
      if (label < 0) keepFirst(status, first + from + i);
      word |= (<u32>label) << (i * bits);
    }
    store<u32>(labels + ((<usize>(first / each + index)) << 2), word);
  }
}
