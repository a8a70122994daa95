import { labelOf, largestLane, sumLanes, tailMask } from "../shared/simd";

/** Twin of kernels/crf/change.wgsl. */
export function change(
  before: usize,
  after: usize,
  result: usize,
  rows: u32,
  channels: u32,
  blockRows: u32,
  begin: u32,
  end: u32,
): void {
  const rowStride = (<usize>((channels + 3) >> 2)) << 4;
  // Padding lanes are no candidates for the most probable class.
  const tail = tailMask(channels);
  for (let block = begin; block < end; block++) {
    const first = block * blockRows;
    const last = min(first + blockRows, rows);
    let largest = f32x4.splat(0);
    let sum = largest;
    let changed: f32 = 0;
    for (let row = first; row < last; row++) {
      const was = before + <usize>row * rowStride;
      const is = after + <usize>row * rowStride;
      for (let at: usize = 0; at < rowStride; at += 16) {
        const a = v128.load(was + at);
        const b = v128.load(is + at);
        const difference = f32x4.abs(f32x4.sub(b, a));
        sum = f32x4.add(sum, difference);
        largest = f32x4.pmax(largest, difference);
      }
      changed += f32(labelOf(was, rowStride, tail) != labelOf(is, rowStride, tail));
    }
    const total = f32x4.extract_lane(sumLanes(sum), 0);
    let whole = f32x4.extract_lane(largestLane(largest), 0);
    if (total != total) whole = NaN;
    // NaN or infinity.
    if (!(total <= f32.MAX_VALUE)) changed = NaN;
    const to = result + ((<usize>block) << 4);
    store<f32>(to, whole);
    store<f32>(to, total, 4);
    store<f32>(to, changed, 8);
    store<f32>(to, 0, 12);
  }
}
