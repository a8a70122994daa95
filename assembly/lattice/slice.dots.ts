import { multiplyAdd, sumLanes } from "../shared/simd";

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
  let point = begin / coordinates;
  let r = begin % coordinates;
  for (let entry = begin; entry < end; entry++) {
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
}
