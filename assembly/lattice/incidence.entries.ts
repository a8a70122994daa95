/** Twin of kernels/lattice/incidence.entries.wgsl. */
export function incidenceEntries(
  simplices: usize,
  vertexOfEntry: usize,
  barycentric: usize,
  entries: u32,
  begin: u32,
  end: u32,
): void {
  for (let entry = begin; entry < end; entry++) {
    const at = (<usize>entry) << 2;
    store<u32>(vertexOfEntry + at, load<u32>(simplices + (at << 1)));
    store<u32>(barycentric + at, load<u32>(simplices + (at << 1), 4));
  }
}
