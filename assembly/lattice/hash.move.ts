import { hashKey } from "./hash";

/** Twin of kernels/lattice/hash.move.wgsl. */
export function hashMove(
  keys: usize,
  slots: usize,
  newSlots: usize,
  capacity: u32,
  slotMask: u32,
  dimensions: u32,
  begin: u32,
  end: u32,
): void {
  const words = dimensions / 2 + 1;
  for (let old = begin; old < end; old++) {
    const from = slots + ((<usize>old) << 2);
    const held = load<u32>(from);
    if (!held) continue;
    let slot = hashKey(keys + <usize>(((held - 1) * words) << 2), words) & slotMask;
    while (
      load<u32>(newSlots + ((<usize>slot) << 2)) ||
      atomic.cmpxchg<u32>(newSlots + ((<usize>slot) << 2), 0, held)
    ) {
      slot = (slot + 1) & slotMask;
    }
    store<u32>(from, slot);
  }
}
