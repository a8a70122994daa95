import { scratch } from "../shared/scratch";
import { hashKey, sameKey } from "./hash";

const probeLimit: u32 = 512;
/**
 * How many entries are looked up ahead: enough loads at once to hide the latency of the table's memory, and few enough
 * to stay in the cache.
 */
const blockLength: u32 = 64;

/**
 * Twin of kernels/lattice/hash.insert.wgsl. A block of entries goes through three loops: hashes and a first look at their
 * slots; a first look at the keys of the entries found there; the insertion. The first two have no branch to mispredict,
 * so their cache misses overlap, and the third finds everything at hand.
 */
export function hashInsert(
  keys: usize,
  slots: usize,
  entrySlots: usize,
  status: usize,
  entries: u32,
  slotMask: u32,
  dimensions: u32,
  begin: u32,
  end: u32,
): void {
  const words = dimensions / 2 + 1;
  const keyBytes = words << 2;
  const coordinates = dimensions + 1;
  const firstSlots = scratch;
  const found = firstSlots + ((<usize>blockLength) << 2);
  for (let first = begin; first < end; first += blockLength) {
    const count = min(blockLength, end - first);
    for (let i: u32 = 0; i < count; i++) {
      const slot = hashKey(keys + <usize>((first + i) * keyBytes), words) & slotMask;
      store<u32>(firstSlots + ((<usize>i) << 2), slot);
      store<u32>(found + ((<usize>i) << 2), load<u32>(slots + ((<usize>slot) << 2)));
    }
    let touched: u32 = 0;
    for (let i: u32 = 0; i < count; i++) {
      const held = load<u32>(found + ((<usize>i) << 2));
      touched ^= load<u32>(keys + <usize>(select<u32>(held - 1, first + i, held != 0) * keyBytes));
    }
    store<u32>(found, touched); // keeps the loads from being optimized away
    for (let i: u32 = 0; i < count; i++) {
      const entry = first + i;
      const to = entrySlots + ((<usize>entry) << 2);
      // Neighboring pixels often have the same spatial simplex. Then the slot of the smaller entry is taken over
      // unchanged.
      if (words < 3 && entry >= begin + coordinates && sameKeyAs(keys, entry, entry - coordinates, words)) {
        store<u32>(to, load<u32>(to - ((<usize>coordinates) << 2)));
        continue;
      }
      const slot = insert(keys, slots, load<u32>(firstSlots + ((<usize>i) << 2)), entry, slotMask, words);
      store<u32>(to, slot & slotMask);
      if (slot > slotMask) store<u32>(status + 8, 1);
    }
  }
}

// @ts-ignore: decorator
@inline
function sameKeyAs(keys: usize, entry: u32, other: u32, words: u32): bool {
  return sameKey(keys + <usize>((entry * words) << 2), keys + <usize>((other * words) << 2), words);
}

/** The slot of an entry's key, or slotMask + 1 if there was no place. */
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
  return slotMask + 1;
}
