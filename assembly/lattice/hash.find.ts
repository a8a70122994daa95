/** Twin of kernels/lattice/hash.find.wgsl. */
export function hashFind(slots: usize, entrySlots: usize, vertices: usize, entries: u32, begin: u32, end: u32): void {
  for (let entry = begin; entry < end; entry++) {
    const at = <usize>entry << 2;
    store<u32>(vertices + at, load<u32>(slots + (<usize>load<u32>(entrySlots + at) << 2)) - 1);
  }
}
