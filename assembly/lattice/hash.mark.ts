import { scratch } from "../shared/scratch";

/** Twin of kernels/lattice/hash.mark.wgsl, without a branch: what an empty slot would mark is elsewhere. */
export function hashMark(slots: usize, flags: usize, capacity: u32, begin: u32, end: u32): void {
  for (let slot = begin; slot < end; slot++) {
    const held = load<u32>(slots + ((<usize>slot) << 2));
    store<u32>(select<usize>(flags + ((<usize>(held - 1)) << 2), scratch, held != 0), 1);
  }
}
