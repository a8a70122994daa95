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
  let vertex = begin / quads;
  let quad = begin - vertex * quads;
  let index = begin;
  while (index < end) {
    const count = min(quads - quad, end - index);
    const column = (<usize>quad) << 4;
    const pair = neighbors + ((<usize>vertex) << 3);
    const first = values + column + <usize>load<u32>(pair) * rowStride;
    const second = values + column + <usize>load<u32>(pair, 4) * rowStride;
    const own = values + ((<usize>index) << 4);
    const to = result + ((<usize>index) << 4);
    const bytes = (<usize>count) << 4;
    let at: usize = 0;
    for (; at + 48 <= bytes; at += 48) {
      const a = f32x4.add(v128.load(first + at), v128.load(second + at));
      const b = f32x4.add(v128.load(first + at, 16), v128.load(second + at, 16));
      const c = f32x4.add(v128.load(first + at, 32), v128.load(second + at, 32));
      v128.store(to + at, multiplyAdd(half, a, v128.load(own + at)));
      v128.store(to + at, multiplyAdd(half, b, v128.load(own + at, 16)), 16);
      v128.store(to + at, multiplyAdd(half, c, v128.load(own + at, 32)), 32);
    }
    for (; at < bytes; at += 16) {
      const sum = f32x4.add(v128.load(first + at), v128.load(second + at));
      v128.store(to + at, multiplyAdd(half, sum, v128.load(own + at)));
    }
    index += count;
    vertex++;
    quad = 0;
  }
}
