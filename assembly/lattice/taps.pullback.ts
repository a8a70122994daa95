/** Twin of kernels/lattice/taps.pullback.wgsl. */
export function tapsPullback(
  neighbors: usize,
  values: usize,
  gradient: usize,
  result: usize,
  vertices: u32,
  quads: u32,
  tap: u32,
  begin: u32,
  end: u32,
): void {
  const rowStride = (<usize>quads) << 4;
  const field: usize = tap == 2 ? 4 : 0;
  let vertex = begin / quads;
  let quad = begin % quads;
  for (let index = begin; index < end; index++) {
    const from = tap == 1 ? vertex : load<u32>(neighbors + ((<usize>vertex) << 3) + field);
    const value = v128.load(values + <usize>from * rowStride + ((<usize>quad) << 4));
    const at = (<usize>index) << 4;
    v128.store(result + at, f32x4.mul(v128.load(gradient + at), value));
    if (++quad == quads) {
      quad = 0;
      vertex++;
    }
  }
}
