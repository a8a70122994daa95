/** Twin of kernels/nn/dice.wgsl. */
export function dice(
  sums: usize,
  right: usize,
  counts: usize,
  losses: usize,
  slopes: usize,
  channels: u32,
  factor: f32,
  begin: u32,
  end: u32,
): void {
  const stride = (<usize>((channels + 3) >> 2)) << 4;
  for (let label = begin; label < end; label++) {
    const at = (<usize>label) << 2;
    v128.store(losses + (at << 2), f32x4.splat(0));
    store<f32>(slopes + at, 0);
    store<f32>(slopes + stride + at, 0);
    const count = load<f32>(counts + at);
    if (count == 0) continue;
    const total = load<f32>(sums + at) + count;
    const share: f32 = (2 * load<f32>(right + at)) / total;
    store<f32>(losses + (at << 2), factor * (1 - share));
    store<f32>(slopes + at, (factor * share) / total);
    store<f32>(slopes + stride + at, (-factor * 2) / total);
  }
}
