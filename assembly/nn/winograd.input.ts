import { scratch } from "../shared/scratch";

/** Twin of kernels/nn/winograd.input.wgsl. */
export function winogradInput(
  values: usize,
  result: usize,
  height: u32,
  width: u32,
  quads: u32,
  padding: i32,
  tileRows: u32,
  tileColumns: u32,
  firstTile: u32,
  tiles: u32,
  tileStep: u32,
  quadStep: u32,
  begin: u32,
  end: u32,
): void {
  const pixelBytes = <usize>quads << 4;
  const rowBytes = <usize>width * pixelBytes;
  const step = <usize>(tiles * quads) << 4;
  let quad = begin % quads;
  let number = begin / quads;
  for (let index = begin; index < end; number++) {
    const tile = firstTile + number;
    const image = tile / (tileRows * tileColumns);
    const y = <i32>((tile / tileColumns) % tileRows << 1) - padding;
    const x = <i32>(tile % tileColumns << 1) - padding;
    const inside = y >= 0 && x >= 0 && y + 4 <= <i32>height && x + 4 <= <i32>width;
    const map = values + <usize>(image * height) * rowBytes;
    const last: u32 = min(quads, quad + end - index);
    index += last - quad;
    for (; quad < last; quad++) {
      const to = result + (<usize>(number * tileStep + quad * quadStep) << 4);
      const at = <usize>quad << 4;
      if (inside) transform(map + <usize>y * rowBytes + <usize>x * pixelBytes + at, pixelBytes, rowBytes, to, step);
      else {
        copyPatch(map + at, y, x, height, width, pixelBytes);
        transform(scratch, 16, 64, to, step);
      }
    }
    quad = 0;
  }
}

/** Copies four by four quads to scratch, zeros for those outside the map. */
function copyPatch(map: usize, y: i32, x: i32, height: u32, width: u32, pixelBytes: usize): void {
  let to = scratch;
  for (let row = y; row < y + 4; row++) {
    for (let column = x; column < x + 4; column++) {
      const inside = <u32>row < height && <u32>column < width;
      v128.store(to, inside ? v128.load(map + <usize>(row * width + column) * pixelBytes) : f32x4.splat(0));
      to += 16;
    }
  }
}

/** Bᵀ d B, a row at a time: loading each pixel twice beats keeping sixteen in registers that are not there. */
// @ts-ignore: decorator
@inline
function transform(d: usize, pixelBytes: usize, rowBytes: usize, to: usize, step: usize): void {
  const d1 = d + rowBytes;
  const d2 = d1 + rowBytes;
  const d3 = d2 + rowBytes;
  difference(d, d2, pixelBytes, to, step);
  sum(d1, d2, pixelBytes, to + 4 * step, step);
  difference(d2, d1, pixelBytes, to + 8 * step, step);
  difference(d1, d3, pixelBytes, to + 12 * step, step);
}

// @ts-ignore: decorator
@inline
function difference(a: usize, b: usize, pixelBytes: usize, to: usize, step: usize): void {
  const twice = pixelBytes << 1;
  const thrice = pixelBytes + twice;
  columns(
    f32x4.sub(v128.load(a), v128.load(b)),
    f32x4.sub(v128.load(a + pixelBytes), v128.load(b + pixelBytes)),
    f32x4.sub(v128.load(a + twice), v128.load(b + twice)),
    f32x4.sub(v128.load(a + thrice), v128.load(b + thrice)),
    to,
    step,
  );
}

// @ts-ignore: decorator
@inline
function sum(a: usize, b: usize, pixelBytes: usize, to: usize, step: usize): void {
  const twice = pixelBytes << 1;
  const thrice = pixelBytes + twice;
  columns(
    f32x4.add(v128.load(a), v128.load(b)),
    f32x4.add(v128.load(a + pixelBytes), v128.load(b + pixelBytes)),
    f32x4.add(v128.load(a + twice), v128.load(b + twice)),
    f32x4.add(v128.load(a + thrice), v128.load(b + thrice)),
    to,
    step,
  );
}

// @ts-ignore: decorator
@inline
function columns(a: v128, b: v128, c: v128, d: v128, to: usize, step: usize): void {
  v128.store(to, f32x4.sub(a, c));
  v128.store(to + step, f32x4.add(b, c));
  v128.store(to + 2 * step, f32x4.sub(c, b));
  v128.store(to + 3 * step, f32x4.sub(b, d));
}
