/** Twin of kernels/lattice/hash.mark.wgsl. */
export function hashMark(slots: usize, flags: usize, capacity: u32, begin: u32, end: u32): void {
  for (let slot = begin; slot < end; slot++) {
    const held = load<u32>(slots + ((<usize>slot) << 2));
    if (held) store<u32>(flags + ((<usize>(held - 1)) << 2), 1);
  }
}
