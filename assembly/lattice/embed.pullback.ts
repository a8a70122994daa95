/** Twin of kernels/lattice/embed.pullback.wgsl. */
export function embedPullback(
  coordinateRanks: usize,
  elevationFactors: usize,
  valueDots: usize,
  gradientDots: usize,
  result: usize,
  points: u32,
  factor: f32,
  dimensions: u32,
  begin: u32,
  end: u32,
): void {
  const coordinates = dimensions + 1;
  const rankBytes = (<usize>((coordinates + 7) >> 3)) << 2;
  const rowStride = (dimensions + 3) & ~3;
  for (let point = begin; point < end; point++) {
    const own = coordinateRanks + <usize>point * rankBytes;
    const first = (<usize>(point * coordinates)) << 2;
    const to = result + ((<usize>(point * rowStride)) << 2);
    let before: f32 = 0;
    for (let j: u32 = 0; j < coordinates; j++) {
      const rank = (load<u32>(own + ((<usize>(j >> 3)) << 2)) >> ((j & 7) << 2)) & 15;
      const remainder = dimensions - rank;
      const next = remainder == dimensions ? 0 : remainder + 1;
      const at = first + ((<usize>remainder) << 2);
      const after = first + ((<usize>next) << 2);
      const here = load<f32>(valueDots + at) + load<f32>(gradientDots + at);
      const elevated = factor * (here - (load<f32>(valueDots + after) + load<f32>(gradientDots + after)));
      if (j > 0) {
        const feature = (<usize>(j - 1)) << 2;
        store<f32>(to + feature, load<f32>(elevationFactors + feature) * (before - <f32>j * elevated));
      }
      before += elevated;
    }
    for (let c = dimensions; c < rowStride; c++) store<f32>(to + ((<usize>c) << 2), 0);
  }
}
