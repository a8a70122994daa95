/** Twin of kernels/nn/winograd.gradient.wgsl. */
export function winogradGradient(
  gradient: usize,
  result: usize,
  gradientSkip: u32,
  height: u32,
  width: u32,
  quads: u32,
  panels: u32,
  tileRows: u32,
  tileColumns: u32,
  firstTile: u32,
  tiles: u32,
  blockTiles: u32,
  begin: u32,
  end: u32,
): void {
  const pixelBytes = (<usize>quads) << 4;
  const rowBytes = <usize>width * pixelBytes;
  const resultQuads = 2 * panels;
  const paddedTiles = (blockTiles + 3) & ~3;
  const elementStride = (<usize>(paddedTiles * resultQuads)) << 4;
  const zero = f32x4.splat(0);
  let quad = begin % resultQuads;
  for (let index = begin; index < end;) {
    const block = index / (resultQuads * paddedTiles);
    const number = (index / resultQuads) % paddedTiles;
    const count = min(blockTiles, tiles - block * blockTiles);
    const tile = firstTile + block * blockTiles + number;
    const image = tile / (tileRows * tileColumns);
    const y = ((tile / tileColumns) % tileRows) << 1;
    const x = (tile % tileColumns) << 1;
    const below = y + 1 < height;
    const beside = x + 1 < width;
    const pixel =
      gradient + ((<usize>gradientSkip) << 4) + <usize>(image * height + y) * rowBytes + <usize>x * pixelBytes;
    const last: u32 = min(resultQuads, quad + end - index);
    index += last - quad;
    for (; quad < last; quad++) {
      const panel = ((block * panels) << 4) + (quad >> 1);
      const to = result + ((<usize>((panel * paddedTiles + number) * 2 + (quad & 1))) << 4);
      const from = pixel + ((<usize>quad) << 4);
      const some = number < count && quad < quads;
      const a = some ? v128.load(from) : zero;
      const b = some && beside ? v128.load(from + pixelBytes) : zero;
      const c = some && below ? v128.load(from + rowBytes) : zero;
      const d = some && below && beside ? v128.load(from + rowBytes + pixelBytes) : zero;
      row(to, a, b, elementStride);
      row(to + 4 * elementStride, f32x4.add(a, c), f32x4.add(b, d), elementStride);
      row(to + 8 * elementStride, f32x4.sub(a, c), f32x4.sub(b, d), elementStride);
      row(to + 12 * elementStride, f32x4.neg(c), f32x4.neg(d), elementStride);
    }
    quad = 0;
  }
}

// @ts-ignore: decorator
@inline
function row(to: usize, p: v128, q: v128, elementStride: usize): void {
  v128.store(to, p);
  v128.store(to + elementStride, f32x4.add(p, q));
  v128.store(to + 2 * elementStride, f32x4.sub(p, q));
  v128.store(to + 3 * elementStride, f32x4.neg(q));
}
