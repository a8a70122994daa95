/** Twin of kernels/lattice/hash.find.wgsl. */
export function hashFind(
  slots: usize,
  entrySlots: usize,
  barycentric: usize,
  vertexOfEntry: usize,
  simplices: usize,
  entries: u32,
  firstEntry: u32,
  begin: u32,
  end: u32,
): void {
  for (let entry = begin; entry < end; entry++) {
    const at = (<usize>entry) << 2;
    const from = (<usize>(firstEntry + entry)) << 2;
    const vertex = load<u32>(slots + ((<usize>load<u32>(entrySlots + from)) << 2)) - 1;
    store<u32>(vertexOfEntry + at, vertex);
    store<u32>(simplices + (at << 1), vertex);
    store<u32>(simplices + (at << 1), load<u32>(barycentric + from), 4);
  }
}
