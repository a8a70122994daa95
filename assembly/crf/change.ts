import { sumLanes } from "../shared/simd";

/** The most probable class of a row, the first of equal ones. */
function labelOf(row: usize, channels: u32): u32 {
  let highest = load<f32>(row);
  let label: u32 = 0;
  for (let c: u32 = 1; c < channels; c++) {
    const value = load<f32>(row + ((<usize>c) << 2));
    if (value > highest) {
      highest = value;
      label = c;
    }
  }
  return label;
}

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
  for (let block = begin; block < end; block++) {
    const first = block * blockRows;
    const last = min(first + blockRows, rows);
    let largest = f32x4.splat(0);
    let sum = largest;
    let changed: f32 = 0;
    for (let row = first; row < last; row++) {
      const at = <usize>row * rowStride;
      for (let byte: usize = 0; byte < rowStride; byte += 16) {
        const difference = f32x4.abs(f32x4.sub(v128.load(after + at + byte), v128.load(before + at + byte)));
        sum = f32x4.add(sum, difference);
        largest = f32x4.max(largest, difference);
      }
      if (labelOf(before + at, channels) != labelOf(after + at, channels)) changed += 1;
    }
    const total = f32x4.extract_lane(sumLanes(sum), 0);
    const pairs = f32x4.max(largest, v128.shuffle<f32>(largest, largest, 2, 3, 0, 1));
    const whole = max(f32x4.extract_lane(pairs, 0), f32x4.extract_lane(pairs, 1));
    // NaN or infinity.
    if (!(total <= f32.MAX_VALUE)) changed = NaN;
    const to = result + ((<usize>block) << 4);
    store<f32>(to, whole);
    store<f32>(to, total, 4);
    store<f32>(to, changed, 8);
    store<f32>(to, 0, 12);
  }
}
