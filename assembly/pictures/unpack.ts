/** Twin of kernels/pictures/unpack.wgsl. */
export function unpack(
  pixels: usize,
  result: usize,
  count: u32,
  width: u32,
  channels: u32,
  rowBytes: u32,
  skip: u32,
  resultSkip: u32,
  reversed: u32,
  firstMean: f32,
  secondMean: f32,
  thirdMean: f32,
  scale: f32,
  begin: u32,
  end: u32,
): void {
  const mean = f32x4(firstMean, secondMean, thirdMean, 0);
  const factors = f32x4(scale, scale, scale, 0);
  // Where the color's bytes lie within a pixel: all in one place for gray.
  const middle: usize = channels > 2 ? 1 : 0;
  const left: usize = channels > 2 && reversed == 1 ? 2 : 0;
  const right: usize = channels > 2 && reversed != 1 ? 2 : 0;
  let x = begin % width;
  let row = pixels + skip + <usize>(begin / width) * rowBytes;
  for (let pixel = begin; pixel < end; pixel++) {
    const at = row + <usize>x * channels;
    const color = i32x4(<i32>load<u8>(at + left), <i32>load<u8>(at + middle), <i32>load<u8>(at + right), 0);
    const shifted = f32x4.sub(f32x4.convert_i32x4_s(color), mean);
    v128.store(result + ((<usize>(resultSkip + pixel)) << 4), f32x4.mul(shifted, factors));
    if (++x == width) {
      x = 0;
      row += rowBytes;
    }
  }
}
