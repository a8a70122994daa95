/** Twin of kernels/nn/logits.wgsl. */
export function logits(
  values: usize,
  result: usize,
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
    const to = result + ((<usize>index) << 4);
    v128.store(to, f32x4.splat(0));
    if (stacked) {
      const p = load<f32>(from);
      store<f32>(to, logit(1 - p, least, factor));
      store<f32>(to, logit(p, least, factor), 4);
      continue;
    }
    const lanes = min<u32>(4, channels - (((first + index) % quads) << 2));
    for (let lane: usize = 0; lane < <usize>lanes; lane++) {
      store<f32>(to + (lane << 2), logit(load<f32>(from + (lane << 2)), least, factor));
    }
  }
}

// @ts-ignore: decorator
@inline
function logit(p: f32, least: f32, factor: f32): f32 {
  return p >= -least ? factor * Mathf.log(max(p, least)) : NaN;
}
