/** Twin of kernels/lattice/features.pullback.wgsl. */
export function featuresPullback(
  gradient: usize,
  result: usize,
  points: u32,
  color: f32,
  dimensions: u32,
  begin: u32,
  end: u32,
): void {
  const channels = dimensions - 2;
  const guideStride = (channels + 3) & ~3;
  const rowStride = (dimensions + 3) & ~3;
  for (let point = begin; point < end; point++) {
    const row = gradient + ((<usize>(point * rowStride + 2)) << 2);
    const to = result + ((<usize>(point * guideStride)) << 2);
    for (let c: u32 = 0; c < guideStride; c++) {
      const at = (<usize>c) << 2;
      store<f32>(to + at, c < channels ? load<f32>(row + at) / color : 0);
    }
  }
}
