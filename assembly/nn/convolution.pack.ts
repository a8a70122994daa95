/** Twin of kernels/nn/convolution.pack.wgsl. */
export function convolutionPack(
  values: usize,
  result: usize,
  valueSkip: u32,
  height: u32,
  width: u32,
  channels: u32,
  top: i32,
  left: i32,
  rows: u32,
  columns: u32,
  panels: u32,
  panelQuads: u32,
  begin: u32,
  end: u32,
): void {
  const quads = (channels + 3) >> 2;
  const resultQuads = panels * panelQuads;
  const panelBytes = (<usize>(rows * columns * panelQuads)) << 4;
  let quad = begin % resultQuads;
  let pixel = begin / resultQuads;
  for (let index = begin; index < end; pixel++) {
    const y = <u32>(top + <i32>(pixel / columns));
    const x = <u32>(left + <i32>(pixel % columns));
    const inside = y < height && x < width;
    const from = values + ((<usize>(valueSkip + (y * width + x) * quads)) << 4);
    const to = result + ((<usize>(pixel * panelQuads)) << 4);
    for (; quad < resultQuads && index < end; quad++) {
      const four = inside && quad < quads ? v128.load(from + ((<usize>quad) << 4)) : f32x4.splat(0);
      v128.store(to + <usize>(quad / panelQuads) * panelBytes + ((<usize>(quad % panelQuads)) << 4), four);
      index++;
    }
    quad = 0;
  }
}
