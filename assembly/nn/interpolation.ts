/** Denominator of the positions in kernels/nn/interpolation.wgsl. */
// @ts-ignore: decorator
@inline
export function denominatorOf(after: u32, aligned: u32): u32 {
  return aligned ? max(after, 2) - 1 : 2 * after;
}

/** Numerator of the position of a pixel. */
// @ts-ignore: decorator
@inline
export function numeratorOf(index: u32, before: u32, after: u32, aligned: u32): u32 {
  const last = (before - 1) * denominatorOf(after, aligned);
  if (aligned) return min(index * (before - 1), last);
  const center = (2 * index + 1) * before;
  return min(max(center, after) - after, last);
}
