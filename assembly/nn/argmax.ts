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
  const each = 32 / bits;
  for (let index = begin; index < end; index++) {
    const from = index * each;
    let word: u32 = 0;
    const count = min<u32>(each, rows - from);
    for (let i: u32 = 0; i < count; i++) {
      const label = best(scores + <usize>(from + i) * rowStride, channels);
      if (label < 0) keepFirst(status, first + from + i);
      word |= (<u32>label) << (i * bits);
    }
    store<u32>(labels + ((<usize>(first / each + index)) << 2), word);
  }
}

/** The place of the highest score, or −1 if one is NaN. */
// @ts-ignore: decorator
@inline
function best(at: usize, channels: u32): i32 {
  let highest = load<f32>(at);
  let label: i32 = 0;
  let lost = highest != highest;
  for (let c: u32 = 1; c < channels; c++) {
    const score = load<f32>(at + ((<usize>c) << 2));
    if (score > highest) {
      highest = score;
      label = c;
    }
    lost = lost || score != score;
  }
  return lost ? -1 : label;
}
