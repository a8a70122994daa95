/** Twin of kernels/nn/winograd.fold.wgsl. */
export function winogradFold(sums: usize, result: usize, panels: u32, inputs: u32, begin: u32, end: u32): void {
  const step = <usize>(inputs * 2) << 4;
  for (let index = begin; index < end; index++) {
    const panel = <usize>(index / (inputs * 2));
    const at = <usize>(index % (inputs * 2)) << 4;
    const from = sums + panel * 16 * step + at;
    const to = result + panel * 9 * step + at;
    for (let row: usize = 0; row < 3; row++) {
      const p = fold(from, row, step);
      const q = fold(from + step, row, step);
      const r = fold(from + 2 * step, row, step);
      const s = fold(from + 3 * step, row, step);
      const half = f32x4.splat(0.5);
      const sum = f32x4.mul(half, f32x4.add(q, r));
      const left = to + 3 * row * step;
      v128.store(left, f32x4.add(p, sum));
      v128.store(left + step, f32x4.mul(half, f32x4.sub(q, r)));
      v128.store(left + 2 * step, f32x4.add(sum, s));
    }
  }
}

/** Row `row` of Gᵀ times a column of four. */
// @ts-ignore: decorator
@inline
function fold(column: usize, row: usize, step: usize): v128 {
  const half = f32x4.splat(0.5);
  const upper = v128.load(column + 4 * step);
  const lower = v128.load(column + 8 * step);
  if (row == 1) return f32x4.mul(half, f32x4.sub(upper, lower));
  return f32x4.add(v128.load(column + (row == 0 ? 0 : 12 * step)), f32x4.mul(half, f32x4.add(upper, lower)));
}
