/** Twin of kernels/crf/compose.wgsl. */
export function compose(
  spatialWeight: usize,
  bilateralWeight: usize,
  compatibility: usize,
  matrices: usize,
  channels: u32,
  matrixRow: u32,
  spatialFactor: f32,
  bilateralFactor: f32,
  begin: u32,
  end: u32,
): void {
  const rowStride = (channels + 3) & ~3;
  for (let index = begin; index < end; index++) {
    const output = index % rowStride;
    const row = index / rowStride;
    const bilateral = row >= channels;
    const weight =
      (bilateral ? bilateralWeight : spatialWeight) + ((<usize>(matrixRow * rowStride + (row % channels))) << 2);
    const line = compatibility + ((<usize>((matrixRow + output) * rowStride)) << 2);
    let sum: f32 = 0;
    if (output < channels) {
      for (let j: u32 = 0; j < channels; j++) {
        sum += load<f32>(line + ((<usize>j) << 2)) * load<f32>(weight + ((<usize>(j * rowStride)) << 2));
      }
    }
    store<f32>(matrices + ((<usize>index) << 2), sum * (bilateral ? bilateralFactor : spatialFactor));
  }
}
