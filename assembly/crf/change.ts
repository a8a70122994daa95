import { largestLane, sumLanes, tailMask } from "../shared/simd";

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
  const lastQuad = rowStride - 16;
  // Padding lanes are no candidates for the most probable class.
  const tail = tailMask(channels);
  const lowest = f32x4.splat(-f32.MAX_VALUE);
  for (let block = begin; block < end; block++) {
    const first = block * blockRows;
    const last = min(first + blockRows, rows);
    let largest = f32x4.splat(0);
    let sum = largest;
    let changed: f32 = 0;
    for (let row = first; row < last; row++) {
      const was = before + <usize>row * rowStride;
      const is = after + <usize>row * rowStride;
      let most = v128.bitselect(v128.load(was + lastQuad), lowest, tail);
      let mostAfter = v128.bitselect(v128.load(is + lastQuad), lowest, tail);
      for (let at: usize = 0; at < rowStride; at += 16) {
        const a = v128.load(was + at);
        const b = v128.load(is + at);
        const difference = f32x4.abs(f32x4.sub(b, a));
        sum = f32x4.add(sum, difference);
        largest = f32x4.pmax(largest, difference);
        if (at < lastQuad) {
          most = f32x4.pmax(most, a);
          mostAfter = f32x4.pmax(mostAfter, b);
        }
      }
      most = largestLane(most);
      mostAfter = largestLane(mostAfter);
      // The first places where they are.
      let places = i32x4(0, 1, 2, 3);
      let label = i32x4.splat(-1);
      let labelAfter = label;
      for (let at: usize = 0; at < rowStride; at += 16) {
        label = i32x4.min_u(label, v128.or(places, f32x4.ne(v128.load(was + at), most)));
        labelAfter = i32x4.min_u(labelAfter, v128.or(places, f32x4.ne(v128.load(is + at), mostAfter)));
        places = i32x4.add(places, i32x4.splat(4));
      }
      label = i32x4.min_u(
        v128.shuffle<i32>(label, labelAfter, 0, 1, 4, 5),
        v128.shuffle<i32>(label, labelAfter, 2, 3, 6, 7),
      );
      label = i32x4.min_u(label, v128.shuffle<i32>(label, label, 1, 0, 3, 2));
      changed += f32(i32x4.extract_lane(label, 0) != i32x4.extract_lane(label, 2));
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
