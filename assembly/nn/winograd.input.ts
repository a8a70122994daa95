import { widened } from "../shared/halves";
import { scratch } from "../shared/scratch";
import { transpose } from "../shared/transpose";

/** Twin of kernels/nn/winograd.input.wgsl, four invocations at a time; begin and end are multiples of four. */
export function winogradInput(
  values: usize,
  result: usize,
  valueSkip: u32,
  height: u32,
  width: u32,
  quads: u32,
  paddingY: i32,
  paddingX: i32,
  tileRows: u32,
  tileColumns: u32,
  firstTile: u32,
  tiles: u32,
  blockTiles: u32,
  rowsAreTiles: u32,
  halves: u32,
  begin: u32,
  end: u32,
): void {
  const pixelBytes = (<usize>quads) << (4 - halves);
  const rowBytes = <usize>width * pixelBytes;
  const blockPanels = (blockTiles + 3) >> 2;
  const elementStride = (<usize>(blockPanels * quads)) << 6;
  // The elements of four tiles, side by side, then the pixels of a tile at the border.
  const elements = scratch;
  const border = scratch + 1024;
  for (let index = begin >> 2; index < end >> 2; index++) {
    const quad = index % quads;
    const tilePanel = (index / quads) % blockPanels;
    const block = index / (quads * blockPanels);
    const end = min(blockTiles, tiles - block * blockTiles);
    for (let lane: u32 = 0; lane < 4; lane++) {
      const number = tilePanel * 4 + lane;
      const tile = firstTile + block * blockTiles + number;
      const y = <i32>(((tile / tileColumns) % tileRows) << 1) - paddingY;
      const x = <i32>((tile % tileColumns) << 1) - paddingX;
      const map =
        values +
        <usize>((tile / (tileRows * tileColumns)) * height) * rowBytes +
        ((<usize>(valueSkip + quad)) << (4 - halves));
      const to = elements + ((<usize>lane) << 4);
      if (!halves && number < end && y >= 0 && x >= 0 && y + 4 <= <i32>height && x + 4 <= <i32>width) {
        transform(map + <usize>y * rowBytes + <usize>x * pixelBytes, pixelBytes, rowBytes, to);
      } else {
        copyPatch(map, y, x, number < end ? height : 0, width, pixelBytes, halves, border);
        transform(border, 16, 64, to);
      }
    }
    let to = result + ((<usize>(rowsAreTiles ? tilePanel * quads + quad : quad * blockPanels + tilePanel)) << 6);
    to += <usize>(block << 4) * elementStride;
    if (rowsAreTiles) {
      for (let from = elements; from < border; from += 64) {
        transpose(from, to);
        to += elementStride;
      }
    } else {
      for (let from = elements; from < border; from += 64) {
        v128.store(to, v128.load(from));
        v128.store(to, v128.load(from, 16), 16);
        v128.store(to, v128.load(from, 32), 32);
        v128.store(to, v128.load(from, 48), 48);
        to += elementStride;
      }
    }
  }
}

/** Copies four by four quads, zeros for those outside the map, and widens halves. */
function copyPatch(
  map: usize,
  y: i32,
  x: i32,
  height: u32,
  width: u32,
  pixelBytes: usize,
  halves: u32,
  to: usize,
): void {
  for (let row = y; row < y + 4; row++) {
    for (let column = x; column < x + 4; column++) {
      const inside = <u32>row < height && <u32>column < width;
      let quad = f32x4.splat(0);
      if (inside) {
        const from = map + <usize>(row * width + column) * pixelBytes;
        quad = halves ? widened(from) : v128.load(from);
      }
      v128.store(to, quad);
      to += 16;
    }
  }
}

/**
 * Computes Bᵀ d B row by row. Loading each pixel twice is faster than keeping sixteen, for which there are not enough
 * registers.
 */
// @ts-ignore: decorator
@inline
function transform(d: usize, pixelBytes: usize, rowBytes: usize, to: usize): void {
  const d1 = d + rowBytes;
  const d2 = d1 + rowBytes;
  const d3 = d2 + rowBytes;
  difference(d, d2, pixelBytes, to);
  sum(d1, d2, pixelBytes, to + 256);
  difference(d2, d1, pixelBytes, to + 512);
  difference(d1, d3, pixelBytes, to + 768);
}

// @ts-ignore: decorator
@inline
function difference(a: usize, b: usize, pixelBytes: usize, to: usize): void {
  const twice = pixelBytes << 1;
  const thrice = pixelBytes + twice;
  columns(
    f32x4.sub(v128.load(a), v128.load(b)),
    f32x4.sub(v128.load(a + pixelBytes), v128.load(b + pixelBytes)),
    f32x4.sub(v128.load(a + twice), v128.load(b + twice)),
    f32x4.sub(v128.load(a + thrice), v128.load(b + thrice)),
    to,
  );
}

// @ts-ignore: decorator
@inline
function sum(a: usize, b: usize, pixelBytes: usize, to: usize): void {
  const twice = pixelBytes << 1;
  const thrice = pixelBytes + twice;
  columns(
    f32x4.add(v128.load(a), v128.load(b)),
    f32x4.add(v128.load(a + pixelBytes), v128.load(b + pixelBytes)),
    f32x4.add(v128.load(a + twice), v128.load(b + twice)),
    f32x4.add(v128.load(a + thrice), v128.load(b + thrice)),
    to,
  );
}

// @ts-ignore: decorator
@inline
function columns(a: v128, b: v128, c: v128, d: v128, to: usize): void {
  v128.store(to, f32x4.sub(a, c));
  v128.store(to, f32x4.add(b, c), 64);
  v128.store(to, f32x4.sub(c, b), 128);
  v128.store(to, f32x4.sub(b, d), 192);
}
