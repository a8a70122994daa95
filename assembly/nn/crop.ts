/** Twin of kernels/nn/crop.wgsl. */
export function crop(
  values: usize,
  result: usize,
  valueRows: u32,
  valueWidth: u32,
  rows: u32,
  width: u32,
  quads: u32,
  top: i32,
  left: i32,
  valueSkip: u32,
  resultSkip: u32,
  begin: u32,
  end: u32,
): void {
  const from = values + ((<usize>valueSkip) << 4);
  const to = result + ((<usize>resultSkip) << 4);
  let quad = begin % quads;
  let x: i32 = (begin / quads) % width;
  let y: i32 = begin / quads / width;
  for (let index = begin; index < end; index++) {
    const row = y + top;
    const column = x + left;
    let value = f32x4.splat(0);
    if (row >= 0 && row < <i32>valueRows && column >= 0 && column < <i32>valueWidth) {
      value = v128.load(from + (((<usize>row * valueWidth + column) * quads + quad) << 4));
    }
    v128.store(to + ((<usize>index) << 4), value);
    if (++quad < quads) continue;
    quad = 0;
    if (++x < <i32>width) continue;
    x = 0;
    y++;
  }
}
