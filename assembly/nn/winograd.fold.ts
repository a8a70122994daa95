/** Twin of kernels/nn/winograd.fold.wgsl. */
export function winogradFold(sums: usize, result: usize, panels: u32, inputs: u32, begin: u32, end: u32): void {
  const elementStride = (<usize>(inputs * 2)) << 4;
  for (let index = begin; index < end; index++) {
    const panel = <usize>(index / (inputs * 2));
    const at = (<usize>(index % (inputs * 2))) << 4;
    const from = sums + panel * 16 * elementStride + at;
    const to = result + panel * 9 * elementStride + at;
    for (let row: usize = 0; row < 3; row++) {
      const p = fold(from, row, elementStride);
      const q = fold(from + elementStride, row, elementStride);
      const r = fold(from + 2 * elementStride, row, elementStride);
      const s = fold(from + 3 * elementStride, row, elementStride);
      const half = f32x4.splat(0.5);
      const sum = f32x4.mul(half, f32x4.add(q, r));
      const left = to + 3 * row * elementStride;
      v128.store(left, f32x4.add(p, sum));
      v128.store(left + elementStride, f32x4.mul(half, f32x4.sub(q, r)));
      v128.store(left + 2 * elementStride, f32x4.add(sum, s));
    }
  }
}

/** Row `row` of Gᵀ times a column of four. */
// @ts-ignore: decorator
@inline
function fold(column: usize, row: usize, elementStride: usize): v128 {
  const half = f32x4.splat(0.5);
  const upper = v128.load(column + 4 * elementStride);
  const lower = v128.load(column + 8 * elementStride);
  if (row == 1) return f32x4.mul(half, f32x4.sub(upper, lower));
  return f32x4.add(v128.load(column + (row == 0 ? 0 : 12 * elementStride)), f32x4.mul(half, f32x4.add(upper, lower)));
}
