/** Twin of kernels/nn/winograd.output.wgsl. */
export function winogradOutput(
  products: usize,
  bias: usize,
  result: usize,
  resultSkip: u32,
  height: u32,
  width: u32,
  quads: u32,
  tileRows: u32,
  tileColumns: u32,
  firstTile: u32,
  tiles: u32,
  biased: u32,
  relu: u32,
  begin: u32,
  end: u32,
): void {
  const pixelBytes = (<usize>quads) << 4;
  const rowBytes = <usize>width * pixelBytes;
  const elementStride = (<usize>((tiles + 3) >> 2)) << 7;
  const zero = f32x4.splat(0);
  const least = relu ? zero : f32x4.splat(-Infinity);
  let quad = begin % quads;
  let number = begin / quads;
  for (let index = begin; index < end; number++) {
    const tile = firstTile + number;
    const image = tile / (tileRows * tileColumns);
    const y = ((tile / tileColumns) % tileRows) << 1;
    const x = (tile % tileColumns) << 1;
    // The last row or column of tiles may stick out by one.
    const below = y + 1 < height;
    const beside = x + 1 < width;
    const pixel = result + ((<usize>resultSkip) << 4) + <usize>(image * height + y) * rowBytes + <usize>x * pixelBytes;
    const last: u32 = min(quads, quad + end - index);
    for (; quad < last; quad++) {
      let from = products + <usize>(quad >> 1) * 16 * elementStride + ((<usize>(number * 2 + (quad & 1))) << 4);
      index++;
      const at = (<usize>quad) << 4;
      const shift = biased ? v128.load(bias + at) : zero;
      let m = v128.load(from);
      let n = v128.load(from + 4 * elementStride);
      let o = v128.load(from + 8 * elementStride);
      const a0 = f32x4.add(f32x4.add(m, n), o);
      const b0 = f32x4.sub(f32x4.sub(n, o), v128.load(from + 12 * elementStride));
      from += elementStride;
      m = v128.load(from);
      n = v128.load(from + 4 * elementStride);
      o = v128.load(from + 8 * elementStride);
      const a1 = f32x4.add(f32x4.add(m, n), o);
      const b1 = f32x4.sub(f32x4.sub(n, o), v128.load(from + 12 * elementStride));
      from += elementStride;
      m = v128.load(from);
      n = v128.load(from + 4 * elementStride);
      o = v128.load(from + 8 * elementStride);
      const a2 = f32x4.add(f32x4.add(m, n), o);
      const b2 = f32x4.sub(f32x4.sub(n, o), v128.load(from + 12 * elementStride));
      from += elementStride;
      m = v128.load(from);
      n = v128.load(from + 4 * elementStride);
      o = v128.load(from + 8 * elementStride);
      const a3 = f32x4.add(f32x4.add(m, n), o);
      const b3 = f32x4.sub(f32x4.sub(n, o), v128.load(from + 12 * elementStride));
      const to = pixel + at;
      v128.store(to, epilogue(f32x4.add(f32x4.add(a0, a1), a2), shift, least));
      if (beside) v128.store(to + pixelBytes, epilogue(f32x4.sub(f32x4.sub(a1, a2), a3), shift, least));
      if (!below) continue;
      v128.store(to + rowBytes, epilogue(f32x4.add(f32x4.add(b0, b1), b2), shift, least));
      if (beside) v128.store(to + rowBytes + pixelBytes, epilogue(f32x4.sub(f32x4.sub(b1, b2), b3), shift, least));
    }
    quad = 0;
  }
}

// @ts-ignore: decorator
@inline
function epilogue(sum: v128, shift: v128, least: v128): v128 {
  return f32x4.max(f32x4.add(sum, shift), least);
}
