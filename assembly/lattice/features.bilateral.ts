/** Twin of kernels/lattice/features.bilateral.wgsl; division is exact here. */
export function featuresBilateral(
  guide: usize,
  positions: usize,
  features: usize,
  points: u32,
  width: u32,
  imagePoints: u32,
  color: f32,
  dimensions: u32,
  begin: u32,
  end: u32,
): void {
  const channels = dimensions - 2;
  const guideBytes = ((channels + 3) & ~3) << 2;
  const rowStride = ((dimensions + 3) & ~3) << 2;
  let x = (begin % imagePoints) % width;
  let y = (begin % imagePoints) / width;
  const height = imagePoints / width;
  const rows = positions + ((<usize>width) << 2);
  let rowPosition = load<f32>(rows + ((<usize>y) << 2));
  for (let point = begin; point < end; point++) {
    const from = guide + <usize>point * guideBytes;
    const to = features + <usize>point * rowStride;
    store<f32>(to, load<f32>(positions + ((<usize>x) << 2)));
    store<f32>(to, rowPosition, 4);
    for (let c: u32 = 0; c < channels; c++)
      store<f32>(to + ((<usize>c) << 2), load<f32>(from + ((<usize>c) << 2)) / color, 8);
    for (let at = dimensions << 2; at < rowStride; at += 4) store<f32>(to + at, 0);
    if (++x == width) {
      x = 0;
      if (++y == height) y = 0;
      rowPosition = load<f32>(rows + ((<usize>y) << 2));
    }
  }
}
