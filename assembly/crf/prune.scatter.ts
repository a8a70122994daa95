/** Twin of kernels/crf/prune.scatter.wgsl. */
export function pruneScatter(
  values: usize,
  places: usize,
  result: usize,
  rows: u32,
  kept: u32,
  valueStride: u32,
  resultStride: u32,
  begin: u32,
  end: u32,
): void {
  for (let index = begin; index < end; index++) {
    const row = index / kept;
    const k = index % kept;
    const to = row * resultStride + load<u32>(places + ((<usize>k) << 2));
    store<f32>(result + ((<usize>to) << 2), load<f32>(values + ((<usize>(row * valueStride + k)) << 2)));
  }
}
