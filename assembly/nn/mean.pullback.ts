/** Twin of kernels/nn/mean.pullback.wgsl. */
export function meanPullback(
  gradient: usize,
  valueGradient: usize,
  rows: u32,
  first: u32,
  imageRows: u32,
  channels: u32,
  lanes: u32,
  factor: f32,
  begin: u32,
  end: u32,
): void {
  const quads = (channels + 3) >> 2;
  const factors = f32x4.splat(factor);
  const one = f32x4.splat(load<f32>(gradient));
  for (let index = begin; index < end; index++) {
    const quad = index % quads;
    const image = (first + index / quads) / imageRows;
    const four = lanes ? one : v128.load(gradient + ((<usize>(image * quads + quad)) << 4));
    const inside = i32x4.lt_u(i32x4(0, 1, 2, 3), i32x4.splat(channels - (quad << 2)));
    v128.store(valueGradient + ((<usize>index) << 4), v128.and(f32x4.mul(factors, four), inside));
  }
}
