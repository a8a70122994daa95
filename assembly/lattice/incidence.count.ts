/** Twin of kernels/lattice/incidence.count.wgsl; begin and end count blocks. */
export function incidenceCount(
  simplices: usize,
  numbers: usize,
  counts: usize,
  entries: u32,
  blockSize: u32,
  blocks: u32,
  vertices: u32,
  renumber: u32,
  begin: u32,
  end: u32,
): void {
  for (let block = begin; block < end; block++) {
    const own = counts + ((<usize>(block * vertices)) << 2);
    const last = simplices + ((<usize>min((block + 1) * blockSize, entries)) << 3);
    for (let pair = simplices + ((<usize>(block * blockSize)) << 3); pair < last; pair += 8) {
      let vertex = load<u32>(pair);
      if (renumber) {
        vertex = load<u32>(numbers + ((<usize>vertex) << 2));
        store<u32>(pair, vertex);
      }
      const at = own + ((<usize>vertex) << 2);
      store<u32>(at, load<u32>(at) + 1);
    }
  }
}
