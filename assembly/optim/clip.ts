/** Twin of kernels/optim/clip.wgsl. */
export function clip(squares: usize, factor: usize, limit: f32, begin: u32, end: u32): void {
  if (begin >= end) return;
  const lanes = v128.load(squares);
  const left = f32x4.extract_lane(lanes, 0) + f32x4.extract_lane(lanes, 1);
  const norm = sqrt(left + (f32x4.extract_lane(lanes, 2) + f32x4.extract_lane(lanes, 3)));
  // A norm that is NaN is not at most the limit.
  v128.store(factor, f32x4(norm <= limit ? 1 : limit / norm, norm, 0, 0));
}
