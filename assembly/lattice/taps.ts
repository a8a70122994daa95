import { multiplyAdd } from "../shared/simd";

/** Tap `tap` of four channels from `channel` on. */
@inline
function tapsOf(rows: usize, tap: u32, channel: u32, firstRow: u32, channelsPerRow: u32, lastChannel: u32): v128 {
  const column = rows + ((<usize>firstRow) << 4) + ((<usize>tap) << 2);
  const a = (<usize>(min(channel, lastChannel) / channelsPerRow)) << 4;
  const b = (<usize>(min(channel + 1, lastChannel) / channelsPerRow)) << 4;
  const c = (<usize>(min(channel + 2, lastChannel) / channelsPerRow)) << 4;
  const d = (<usize>(min(channel + 3, lastChannel) / channelsPerRow)) << 4;
  let lanes = f32x4.splat(load<f32>(column + a));
  lanes = f32x4.replace_lane(lanes, 1, load<f32>(column + b));
  lanes = f32x4.replace_lane(lanes, 2, load<f32>(column + c));
  return f32x4.replace_lane(lanes, 3, load<f32>(column + d));
}

/** Twin of kernels/lattice/taps.wgsl. */
export function taps(
  neighbors: usize,
  rows: usize,
  values: usize,
  result: usize,
  vertices: u32,
  quads: u32,
  firstRow: u32,
  channelsPerRow: u32,
  firstChannel: u32,
  lastChannel: u32,
  reversed: u32,
  begin: u32,
  end: u32,
): void {
  const rowStride = (<usize>quads) << 4;
  // Where all channels share a row, the taps are the same for all quads.
  const shared = channelsPerRow > lastChannel;
  let before = tapsOf(rows, 0, firstChannel, firstRow, channelsPerRow, lastChannel);
  let own = tapsOf(rows, 1, firstChannel, firstRow, channelsPerRow, lastChannel);
  let after = tapsOf(rows, 2, firstChannel, firstRow, channelsPerRow, lastChannel);
  let vertex = begin / quads;
  let quad = begin % quads;
  const first: usize = reversed ? 4 : 0;
  for (let index = begin; index < end; index++) {
    if (!shared) {
      const channel = firstChannel + (quad << 2);
      before = tapsOf(rows, 0, channel, firstRow, channelsPerRow, lastChannel);
      own = tapsOf(rows, 1, channel, firstRow, channelsPerRow, lastChannel);
      after = tapsOf(rows, 2, channel, firstRow, channelsPerRow, lastChannel);
    }
    const pair = neighbors + ((<usize>vertex) << 3);
    const column = values + ((<usize>quad) << 4);
    const one = v128.load(column + <usize>load<u32>(pair + first) * rowStride);
    const other = v128.load(column + <usize>load<u32>(pair + (first ^ 4)) * rowStride);
    const at = (<usize>index) << 4;
    const sum = multiplyAdd(before, one, f32x4.mul(after, other));
    v128.store(result + at, multiplyAdd(own, v128.load(values + at), sum));
    if (++quad == quads) {
      quad = 0;
      vertex++;
    }
  }
}
