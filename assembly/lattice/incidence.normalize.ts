/** Twin of kernels/lattice/incidence.normalize.wgsl. */
export function incidenceNormalize(
  incidence: usize,
  factors: usize,
  result: usize,
  entries: u32,
  begin: u32,
  end: u32,
): void {
  for (let index = begin; index < end; index++) {
    const at = (<usize>index) << 3;
    const point = load<u32>(incidence + at);
    store<u32>(result + at, point);
    store<f32>(result + at, load<f32>(incidence + at, 4) * load<f32>(factors + ((<usize>point) << 2)), 4);
  }
}
