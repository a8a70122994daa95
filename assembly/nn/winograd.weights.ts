import { widened } from "../shared/halves";

/** Twin of kernels/nn/winograd.weights.wgsl. */
export function winogradWeights(
  weights: usize,
  result: usize,
  panels: u32,
  inputs: u32,
  halves: u32,
  begin: u32,
  end: u32,
): void {
  const tapStride = (<usize>(inputs * 2)) << 4;
  const elementStride = <usize>panels * tapStride;
  const half = f32x4.splat(0.5);
  for (let index = begin; index < end; index++) {
    const panel = index / (inputs * 2);
    const at = (<usize>(index % (inputs * 2))) << 4;
    const from = weights + ((<usize>panel * 9 * tapStride + at) >> halves);
    const to = result + ((<usize>index) << 4);
    for (let column: usize = 0; column < 3; column++) {
      // A column of G g, kept where the elements will lie.
      const g = from + ((column * tapStride) >> halves);
      const first = weight(g, halves);
      const last = weight(g + ((6 * tapStride) >> halves), halves);
      const sum = f32x4.mul(half, f32x4.add(first, last));
      const middle = f32x4.mul(half, weight(g + ((3 * tapStride) >> halves), halves));
      const up = to + column * elementStride;
      v128.store(up, first);
      v128.store(up + 4 * elementStride, f32x4.add(sum, middle));
      v128.store(up + 8 * elementStride, f32x4.sub(sum, middle));
      v128.store(up + 12 * elementStride, last);
    }
    for (let row: usize = 0; row < 4; row++) {
      const up = to + 4 * row * elementStride;
      const last = v128.load(up + 2 * elementStride);
      const sum = f32x4.mul(half, f32x4.add(v128.load(up), last));
      const middle = f32x4.mul(half, v128.load(up + elementStride));
      v128.store(up + elementStride, f32x4.add(sum, middle));
      v128.store(up + 2 * elementStride, f32x4.sub(sum, middle));
      v128.store(up + 3 * elementStride, last);
    }
  }
}

// @ts-ignore: decorator
@inline
function weight(address: usize, halves: u32): v128 {
  return halves ? widened(address) : v128.load(address);
}
