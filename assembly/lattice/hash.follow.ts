import { none } from "./hash";

/** Twin of kernels/lattice/hash.follow.wgsl. */
export function hashFollow(slots: usize, entrySlots: usize, entries: u32, begin: u32, end: u32): void {
  for (let entry = begin; entry < end; entry++) {
    const at = entrySlots + ((<usize>entry) << 2);
    const slot = load<u32>(at);
    if (slot != none) store<u32>(at, load<u32>(slots + ((<usize>slot) << 2)));
  }
}
