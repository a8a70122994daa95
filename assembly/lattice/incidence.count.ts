/** Twin of kernels/lattice/incidence.count.wgsl; begin and end count blocks. */
export function incidenceCount(
  vertices: usize,
  counts: usize,
  entries: u32,
  blockSize: u32,
  blocks: u32,
  shift: u32,
  digitMask: u32,
  begin: u32,
  end: u32,
): void {
  for (let block = begin; block < end; block++) {
    const last = min((block + 1) * blockSize, entries);
    const column = counts + (<usize>block << 2);
    for (let entry = block * blockSize; entry < last; entry++) {
      const digit = (load<u32>(vertices + (<usize>entry << 2)) >> shift) & digitMask;
      const at = column + (<usize>(digit * blocks) << 2);
      store<u32>(at, load<u32>(at) + 1);
    }
  }
}
