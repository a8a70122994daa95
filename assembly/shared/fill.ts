/** Twin of kernels/shared/fill.wgsl. Zeros are written by the engine's own fill, the fastest there is. */
export function fill(values: usize, count: u32, value: u32, begin: u32, end: u32): void {
  if (value == 0) return memory.fill(values + ((<usize>begin) << 2), 0, (<usize>(end - begin)) << 2);
  const four = i32x4.splat(value);
  let i = begin;
  for (; i + 4 <= end; i += 4) v128.store(values + ((<usize>i) << 2), four);
  for (; i < end; i++) store<u32>(values + ((<usize>i) << 2), value);
}
