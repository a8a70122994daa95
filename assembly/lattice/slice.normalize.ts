/** Twin of kernels/lattice/slice.normalize.wgsl. */
export function sliceNormalize(
  simplices: usize,
  factors: usize,
  result: usize,
  entries: u32,
  dimensions: u32,
  begin: u32,
  end: u32,
): void {
  const coordinates = dimensions + 1;
  let point = begin / coordinates;
  let left = coordinates - (begin - point * coordinates);
  let factor = load<f32>(factors + ((<usize>point) << 2));
  for (let entry = begin; entry < end; entry++) {
    const at = (<usize>entry) << 3;
    store<u32>(result + at, load<u32>(simplices + at));
    store<f32>(result + at, load<f32>(simplices + at, 4) * factor, 4);
    if (--left == 0 && entry + 1 < end) {
      left = coordinates;
      factor = load<f32>(factors + ((<usize>++point) << 2));
    }
  }
}
