/** Twin of kernels/lattice/incidence.scatter.wgsl; begin and end count blocks. */
export function incidenceScatter(
  vertices: usize,
  order: usize,
  starts: usize,
  sortedVertices: usize,
  sortedOrder: usize,
  entries: u32,
  blockSize: u32,
  blocks: u32,
  shift: u32,
  digitMask: u32,
  identity: u32,
  begin: u32,
  end: u32,
): void {
  for (let block = begin; block < end; block++) {
    const last = min((block + 1) * blockSize, entries);
    const column = starts + (<usize>block << 2);
    for (let i = block * blockSize; i < last; i++) {
      const vertex = load<u32>(vertices + (<usize>i << 2));
      const cursor = column + (<usize>(((vertex >> shift) & digitMask) * blocks) << 2);
      const place = load<u32>(cursor);
      store<u32>(cursor, place + 1);
      store<u32>(sortedVertices + (<usize>place << 2), vertex);
      store<u32>(sortedOrder + (<usize>place << 2), identity ? i : load<u32>(order + (<usize>i << 2)));
    }
  }
}
