import { exp4, largestLane, sumLanes } from "../shared/simd";

/** Twin of kernels/crf/prune.wgsl. */
export function prune(
  values: usize,
  places: usize,
  leaving: usize,
  result: usize,
  rows: u32,
  channels: u32,
  kept: u32,
  rest: u32,
  begin: u32,
  end: u32,
): void {
  const rowStride = (<usize>((channels + 3) >> 2)) << 4;
  const resultStride = (<usize>((kept + rest + 3) >> 2)) << 4;
  const zero = v128.splat<u32>(0);
  for (let row = begin; row < end; row++) {
    const from = values + <usize>row * rowStride;
    const to = result + <usize>row * resultStride;
    v128.store(to + resultStride - 16, zero);
    for (let k: usize = 0; k < (<usize>kept) << 2; k += 4) {
      store<f32>(to + k, load<f32>(from + ((<usize>load<u32>(places + k)) << 2)));
    }
    if (!rest) continue;
    let largest = f32x4.splat(-f32.MAX_VALUE);
    for (let at: usize = 0; at < rowStride; at += 16) {
      largest = v128.bitselect(f32x4.pmax(largest, v128.load(from + at)), largest, v128.load(leaving + at));
    }
    largest = largestLane(largest);
    let sum = zero;
    for (let at: usize = 0; at < rowStride; at += 16) {
      const power = exp4(f32x4.sub(v128.load(from + at), largest));
      sum = f32x4.add(sum, v128.and(power, v128.load(leaving + at)));
    }
    const log = Mathf.log(f32x4.extract_lane(sumLanes(sum), 0));
    store<f32>(to + ((<usize>kept) << 2), f32x4.extract_lane(largest, 0) + log);
  }
}
