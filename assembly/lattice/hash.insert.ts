import { scratch } from "../shared/scratch";
import { hashKey, sameKey } from "./hash";

const probeLimit: u32 = 512;
/**
 * How many entries are looked up ahead: enough loads at once to hide the latency of the table's memory, and few enough
 * to stay in the cache.
 */
const blockLength: u32 = 64;
const blockBytes: usize = 256;

/**
 * Twin of kernels/lattice/hash.insert.wgsl. Neighboring pixels often share vertices: then the slot of the smaller entry is
 * taken over unchanged. A block of entries goes through several loops: which entries have the key of the point before; of
 * the others, hashes and a first look at their slots; a first look at the keys of the entries found there; the insertion. All
 * but the last have no branch to mispredict, so their cache misses overlap, and the insertion finds everything at hand.
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
  const before = (<usize>coordinates) << 2;
  const fresh = scratch;
  const repeated = fresh + blockBytes;
  const firstSlots = repeated + blockBytes;
  const found = firstSlots + blockBytes;
  for (let first = begin; first < end; first += blockLength) {
    const last = min(first + blockLength, end);
    let freshEnd = fresh;
    let repeatedEnd = repeated;
    for (let entry = first; entry < last; entry++) {
      const repeats = entry >= begin + coordinates && sameKeyAs(keys, entry, entry - coordinates, words);
      store<u32>(freshEnd, entry);
      store<u32>(repeatedEnd, entry);
      freshEnd += repeats ? 0 : 4;
      repeatedEnd += repeats ? 4 : 0;
    }
    const count = freshEnd - fresh;
    for (let at: usize = 0; at < count; at += 4) {
      const slot = hashKey(keys + <usize>(load<u32>(fresh + at) * keyBytes), words) & slotMask;
      store<u32>(firstSlots + at, slot);
      store<u32>(found + at, load<u32>(slots + ((<usize>slot) << 2)));
    }
    let touched: u32 = 0;
    for (let at: usize = 0; at < count; at += 4) {
      const held = load<u32>(found + at);
      touched ^= load<u32>(keys + <usize>(select<u32>(held - 1, first, held != 0) * keyBytes));
    }
    store<u32>(found, touched); // keeps the loads from being optimized away
    for (let at: usize = 0; at < count; at += 4) {
      const entry = load<u32>(fresh + at);
      const slot = insert(keys, slots, load<u32>(firstSlots + at), entry, slotMask, words);
      store<u32>(entrySlots + ((<usize>entry) << 2), slot & slotMask);
      if (slot > slotMask) store<u32>(status + 8, 1);
    }
    for (let at = repeated; at < repeatedEnd; at += 4) {
      const to = entrySlots + ((<usize>load<u32>(at)) << 2);
      store<u32>(to, load<u32>(to - before));
    }
  }
}

/** Whether two entries have one key, without a branch for the words of d = 2 to 5. */
// @ts-ignore: decorator
@inline
function sameKeyAs(keys: usize, entry: u32, other: u32, words: u32): bool {
  const a = keys + <usize>((entry * words) << 2);
  const b = keys + <usize>((other * words) << 2);
  if (words == 3) return ((load<u64>(a) ^ load<u64>(b)) | <u64>(load<u32>(a, 8) ^ load<u32>(b, 8))) == 0;
  if (words == 2) return load<u64>(a) == load<u64>(b);
  return sameKey(a, b, words);
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
