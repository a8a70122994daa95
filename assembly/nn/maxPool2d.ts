/** Twin of kernels/nn/maxPool2d.wgsl. */
export function maxPool2d(
  values: usize,
  result: usize,
  rows: u32,
  width: u32,
  quads: u32,
  valueSkip: u32,
  resultSkip: u32,
  begin: u32,
  end: u32,
): void {
  const pixelStride = (<usize>quads) << 4;
  const from = values + ((<usize>valueSkip) << 4);
  const to = result + ((<usize>resultSkip) << 4);
  const halfWidth = (width + 1) >> 1;
  let quad = begin % quads;
  let x = ((begin / quads) % halfWidth) << 1;
  let y = (begin / quads / halfWidth) << 1;
  for (let index = begin; index < end; index++) {
    const right = x + 1 < width ? pixelStride : 0;
    const down = y + 1 < rows ? <usize>width * pixelStride : 0;
    const first = from + (<usize>y * width + x) * pixelStride + ((<usize>quad) << 4);
    const upper = f32x4.max(v128.load(first), v128.load(first + right));
    const lower = f32x4.max(v128.load(first + down), v128.load(first + down + right));
    v128.store(to + ((<usize>index) << 4), f32x4.max(upper, lower));
    if (++quad < quads) continue;
    quad = 0;
    x += 2;
    if (x < width) continue;
    x = 0;
    y += 2;
  }
}
