import { multiplyAdd, sumLanes } from "../shared/simd";
import { farthest, nearBytes, togetherBytes, touch } from "./gather";

/** Twin of kernels/lattice/slice.dots.wgsl. */
export function sliceDots(
  simplices: usize,
  values: usize,
  other: usize,
  factors: usize,
  dots: usize,
  entries: u32,
  quads: u32,
  otherQuads: u32,
  otherOffset: u32,
  normalized: u32,
  dimensions: u32,
  begin: u32,
  end: u32,
): void {
  const coordinates = dimensions + 1;
  const bytes = (<usize>quads) << 4;
  const group = max<u32>(1, <u32>(togetherBytes / bytes));
  let reached: u32 = 0;
  let point = begin / coordinates;
  let r = begin % coordinates;
  for (let first = begin; first < end; first += group) {
    const last = min(first + group, end);
    const pairs = simplices + ((<usize>first) << 3);
    const pairsEnd = simplices + ((<usize>last) << 3);
    if (<usize>reached * bytes > nearBytes) touch(pairs, pairsEnd, values, bytes, bytes);
    for (let entry = first; entry < last; entry++) {
      const row = values + <usize>load<u32>(simplices + ((<usize>entry) << 3)) * bytes;
      const own = other + ((<usize>(point * otherQuads + otherOffset)) << 4);
      let sum = f32x4.splat(0);
      for (let at: usize = 0; at < bytes; at += 16) sum = multiplyAdd(v128.load(row + at), v128.load(own + at), sum);
      const factor = normalized ? load<f32>(factors + ((<usize>point) << 2)) : <f32>1;
      const to = dots + ((<usize>entry) << 2);
      store<f32>(to, load<f32>(to) + factor * f32x4.extract_lane(sumLanes(sum), 0));
      if (++r == coordinates) {
        r = 0;
        point++;
      }
    }
    reached = farthest(pairs, pairsEnd, 8, reached);
  }
}
