/** Twin of kernels/lattice/taps.pullback.wgsl. */
export function tapsPullback(
  neighbors: usize,
  values: usize,
  gradient: usize,
  result: usize,
  vertices: u32,
  quads: u32,
  begin: u32,
  end: u32,
): void {
  const rowStride = (<usize>quads) << 4;
  let vertex = begin / quads;
  let quad = begin % quads;
  for (let index = begin; index < end; index++) {
    const pair = neighbors + ((<usize>vertex) << 3);
    const column = values + ((<usize>quad) << 4);
    const at = (<usize>index) << 4;
    const own = v128.load(gradient + at);
    const to = result + <usize>vertex * 3 * rowStride + ((<usize>quad) << 4);
    v128.store(to, f32x4.mul(own, v128.load(column + <usize>load<u32>(pair) * rowStride)));
    v128.store(to + rowStride, f32x4.mul(own, v128.load(values + at)));
    v128.store(to + 2 * rowStride, f32x4.mul(own, v128.load(column + <usize>load<u32>(pair, 4) * rowStride)));
    if (++quad == quads) {
      quad = 0;
      vertex++;
    }
  }
}
