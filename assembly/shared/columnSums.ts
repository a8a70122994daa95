/** Twin of kernels/shared/columnSums.wgsl. */
export function columnSums(
  values: usize,
  result: usize,
  rows: u32,
  quads: u32,
  blockRows: u32,
  begin: u32,
  end: u32,
): void {
  const rowStride = (<usize>quads) << 4;
  let index = begin;
  while (index < end) {
    const block = index / quads;
    const quad = index - block * quads;
    const first = block * blockRows;
    const count = min(blockRows, rows - first);
    const column = values + <usize>first * rowStride + ((<usize>quad) << 4);
    const to = result + ((<usize>index) << 4);
    // A cache line of columns at a time where there are as many.
    if (quad + 4 <= quads && index + 4 <= end) {
      four(column, count, rowStride, to);
      index += 4;
    } else {
      one(column, count, rowStride, to);
      index++;
    }
  }
}

function four(column: usize, count: u32, rowStride: usize, to: usize): void {
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  for (let row: u32 = 0; row < count; row++) {
    a = f32x4.add(a, v128.load(column));
    b = f32x4.add(b, v128.load(column, 16));
    c = f32x4.add(c, v128.load(column, 32));
    d = f32x4.add(d, v128.load(column, 48));
    column += rowStride;
  }
  v128.store(to, a);
  v128.store(to, b, 16);
  v128.store(to, c, 32);
  v128.store(to, d, 48);
}

function one(column: usize, count: u32, rowStride: usize, to: usize): void {
  let sum = f32x4.splat(0);
  for (let row: u32 = 0; row < count; row++) {
    sum = f32x4.add(sum, v128.load(column));
    column += rowStride;
  }
  v128.store(to, sum);
}
