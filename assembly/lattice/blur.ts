import { multiplyAdd } from "../shared/simd";
import { rowOf } from "../shared/rows";

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
  const last = rowOf(end, quads);
  for (let vertex = rowOf(begin, quads); vertex < last; vertex++) {
    const pair = neighbors + ((<usize>vertex) << 3);
    const first = values + <usize>load<u32>(pair) * rowStride;
    const second = values + <usize>load<u32>(pair, 4) * rowStride;
    const own = values + <usize>vertex * rowStride;
    const to = result + <usize>vertex * rowStride;
    let at: usize = 0;
    for (; at + 48 <= rowStride; at += 48) {
      const a = f32x4.add(v128.load(first + at), v128.load(second + at));
      const b = f32x4.add(v128.load(first + at, 16), v128.load(second + at, 16));
      const c = f32x4.add(v128.load(first + at, 32), v128.load(second + at, 32));
      v128.store(to + at, multiplyAdd(half, a, v128.load(own + at)));
      v128.store(to + at, multiplyAdd(half, b, v128.load(own + at, 16)), 16);
      v128.store(to + at, multiplyAdd(half, c, v128.load(own + at, 32)), 32);
    }
    for (; at < rowStride; at += 16) {
      const sum = f32x4.add(v128.load(first + at), v128.load(second + at));
      v128.store(to + at, multiplyAdd(half, sum, v128.load(own + at)));
    }
  }
}
