/** Twin of kernels/crf/compatibility.transpose.wgsl. */
export function compatibilityTranspose(
  matrix: usize,
  result: usize,
  channels: u32,
  matrixRow: u32,
  begin: u32,
  end: u32,
): void {
  const rowStride = (channels + 3) & ~3;
  for (let row = begin; row < end; row++) {
    for (let c: u32 = 0; c < rowStride; c++) {
      const value = c < channels ? load<f32>(matrix + ((<usize>((matrixRow + c) * rowStride + row)) << 2)) : <f32>0;
      store<f32>(result + ((<usize>(row * rowStride + c)) << 2), value);
    }
  }
}
