import { multiplyAdd } from "../shared/simd";

/** Twin of kernels/lattice/blur.wgsl. */
export function blur(
  neighbors: usize,
  values: usize,
  result: usize,
  vertices: u32,
  quads: u32,
  begin: u32,
  end: u32,
): void {
  const half = f32x4.splat(0.5);
  const rowStride = (<usize>quads) << 4;
  let index = begin;
  while (index < end) {
    const vertex = index / quads;
    const quad = index - vertex * quads;
    const count = min(quads - quad, end - index);
    const column = (<usize>quad) << 4;
    const pair = neighbors + ((<usize>vertex) << 3);
    const first = values + column + <usize>load<u32>(pair) * rowStride;
    const second = values + column + <usize>load<u32>(pair, 4) * rowStride;
    const own = values + ((<usize>index) << 4);
    const to = result + ((<usize>index) << 4);
    for (let at: usize = 0; at < (<usize>count) << 4; at += 16) {
      const sum = f32x4.add(v128.load(first + at), v128.load(second + at));
      v128.store(to + at, multiplyAdd(half, sum, v128.load(own + at)));
    }
    index += count;
  }
}
