/** Twin of kernels/nn/logits.pullback.wgsl. */
export function logitsPullback(
  values: usize,
  gradient: usize,
  valueGradient: usize,
  count: u32,
  first: u32,
  channels: u32,
  stacked: u32,
  least: f32,
  factor: f32,
  begin: u32,
  end: u32,
): void {
  const quads = (channels + 3) >> 2;
  for (let index = begin; index < end; index++) {
    const from = values + ((<usize>index) << 4);
    const own = gradient + ((<usize>index) << 4);
    const to = valueGradient + ((<usize>index) << 4);
    v128.store(to, f32x4.splat(0));
    if (stacked) {
      const p = load<f32>(from);
      store<f32>(to, share(p, load<f32>(own, 4), least, factor) - share(1 - p, load<f32>(own), least, factor));
      continue;
    }
    const lanes = min<u32>(4, channels - (((first + index) % quads) << 2));
    for (let at: usize = 0; at < (<usize>lanes) << 2; at += 4) {
      store<f32>(to + at, share(load<f32>(from + at), load<f32>(own + at), least, factor));
    }
  }
}

// @ts-ignore: decorator
@inline
function share(p: f32, g: f32, least: f32, factor: f32): f32 {
  if (p >= least) return (factor * g) / p;
  return p >= -least ? 0 : NaN;
}
