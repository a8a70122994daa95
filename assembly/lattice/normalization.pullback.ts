/** Twin of kernels/lattice/normalization.pullback.wgsl. */
export function normalizationPullback(
  simplices: usize,
  factors: usize,
  valueDots: usize,
  gradientDots: usize,
  result: usize,
  points: u32,
  valuesShare: f32,
  gradientShare: f32,
  symmetric: u32,
  dimensions: u32,
  begin: u32,
  end: u32,
): void {
  const coordinates = dimensions + 1;
  for (let point = begin; point < end; point++) {
    let sum: f32 = 0;
    for (let entry = point * coordinates; entry < (point + 1) * coordinates; entry++) {
      const at = (<usize>entry) << 2;
      const share = valuesShare * load<f32>(valueDots + at) + gradientShare * load<f32>(gradientDots + at);
      sum += load<f32>(simplices + ((<usize>entry) << 3), 4) * share;
    }
    let factor = load<f32>(factors + ((<usize>point) << 2));
    if (symmetric) factor *= factor;
    v128.store(result + ((<usize>point) << 4), f32x4.replace_lane(f32x4.splat(0), 0, factor * sum));
  }
}
