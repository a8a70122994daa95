import { hashKey, none, sameKey } from "./hash";

const probeLimit: u32 = 256;
/**
 * Twin of kernels/lattice/hash.insert.wgsl. Neighboring pixels often share vertices: then the slot of the smaller entry is taken over
 * unchanged.
 */
export function hashInsert(
  keys: usize,
  slots: usize,
  entrySlots: usize,
  status: usize,
  entries: u32,
  slotMask: u32,
  rest: u32,
  dimensions: u32,
  begin: u32,
  end: u32,
): void {
  const words = dimensions / 2 + 1;
  const keyBytes = words << 2;
  const before = <usize>((dimensions + 1) * keyBytes);
  const firstRepeated = rest ? end : begin + dimensions + 1;
  for (let entry = begin; entry < end; entry++) {
    const to = entrySlots + ((<usize>entry) << 2);
    if (rest && load<u32>(to) != none) continue;
    const key = keys + <usize>(entry * keyBytes);
    let slot = none;
    if (entry >= firstRepeated && sameKey(key, key - before, words)) {
      slot = load<u32>(to - ((<usize>(dimensions + 1)) << 2));
    } else if (!atomic.load<u32>(status + 8)) {
      slot = insert(keys, slots, hashKey(key, words) & slotMask, entry, slotMask, words);
      if (slot == none) atomic.store<u32>(status + 8, 1);
    }
    store<u32>(to, slot);
  }
}

/** The slot of an entry's key, or `none` if there was no place. */
// @ts-ignore: decorator
@inline
function insert(keys: usize, slots: usize, firstSlot: u32, entry: u32, slotMask: u32, words: u32): u32 {
  const keyBytes = words << 2;
  const key = keys + <usize>(entry * keyBytes);
  let slot = firstSlot;
  for (let probes: u32 = 0; probes < probeLimit; probes++) {
    const address = slots + ((<usize>slot) << 2);
    let held = load<u32>(address);
    if (held == 0) {
      held = atomic.cmpxchg<u32>(address, 0, entry + 1);
      if (held == 0) return slot;
    }
    if (sameKey(keys + <usize>((held - 1) * keyBytes), key, words)) {
      // The slot's entry is usually the smaller one already. A plain load first avoids a locked operation.
      while (entry + 1 < held) held = atomic.cmpxchg<u32>(address, held, entry + 1);
      return slot;
    }
    slot = (slot + 1) & slotMask;
  }
  return none;
}
