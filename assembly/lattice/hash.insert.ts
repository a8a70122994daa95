import { scratch } from "../shared/scratch";
import { hashShortKey, none, sameKey } from "./hash";

const probeLimit: u32 = 256;
/**
 * How many entries are looked up ahead: enough loads at once to hide the latency of the table's memory, and few enough
 * to stay in the cache.
 */
const blockLength: u32 = 64;
const blockBytes: usize = 256;

/**
 * Twin of kernels/lattice/hash.insert.wgsl. Neighboring pixels often share vertices: then the slot of the smaller entry is
 * taken over unchanged. A block of entries goes through several loops: which entries have the key of the point before; of
 * the others, hashes and a first look at their slots; which of these slots have their key already, by the key of the entry
 * found there; and the insertion of the rest. All but the last have no branch to mispredict, so their cache misses overlap.
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
  const coordinates = dimensions + 1;
  const before = (<usize>coordinates) << 2;
  const firstRepeated = begin + coordinates;
  const fresh = scratch;
  const repeated = fresh + blockBytes;
  const firstSlots = repeated + blockBytes;
  const found = firstSlots + blockBytes;
  for (let first = begin; first < end; first += blockLength) {
    const last = min(first + blockLength, end);
    let freshEnd = fresh;
    let repeatedEnd = repeated;
    if (atomic.load<u32>(status + 8)) {
      if (!rest) for (let entry = first; entry < last; entry++) store<u32>(entrySlots + ((<usize>entry) << 2), none);
      continue;
    }
    if (rest) {
      for (let entry = first; entry < last; entry++) {
        store<u32>(freshEnd, entry);
        freshEnd += (<usize>(load<u32>(entrySlots + ((<usize>entry) << 2)) == none)) << 2;
      }
    } else {
      for (let entry = first; entry < last; entry++) {
        const repeats = entry < firstRepeated ? 0 : sameKeyAs(keys, entry, entry - coordinates, words);
        store<u32>(freshEnd, entry);
        store<u32>(repeatedEnd, entry);
        freshEnd += (<usize>(repeats ^ 1)) << 2;
        repeatedEnd += (<usize>repeats) << 2;
      }
    }
    const count = freshEnd - fresh;
    for (let at: usize = 0; at < count; at += 4) {
      const slot = hashShortKey(keys + <usize>(load<u32>(fresh + at) * keyBytes), words) & slotMask;
      store<u32>(firstSlots + at, slot);
      store<u32>(found + at, load<u32>(slots + ((<usize>slot) << 2)));
    }
    // What is still to insert stays in the list, and its slots with it.
    let left: usize = 0;
    for (let at: usize = 0; at < count; at += 4) {
      const entry = load<u32>(fresh + at);
      const slot = load<u32>(firstSlots + at);
      const smaller = load<u32>(found + at) - 1; // 2³² − 1 in an empty slot
      const done = sameKeyAs(keys, entry, min(smaller, entry), words) & u32(smaller < entry);
      store<u32>(entrySlots + ((<usize>entry) << 2), slot);
      store<u32>(fresh + left, entry);
      store<u32>(firstSlots + left, slot);
      left += (<usize>(done ^ 1)) << 2;
    }
    for (let at: usize = 0; at < left; at += 4) {
      const entry = load<u32>(fresh + at);
      const slot = insert(keys, slots, load<u32>(firstSlots + at), entry, slotMask, words);
      store<u32>(entrySlots + ((<usize>entry) << 2), slot);
      if (slot == none) atomic.store<u32>(status + 8, 1);
    }
    for (let at = repeated; at < repeatedEnd; at += 4) {
      const to = entrySlots + ((<usize>load<u32>(at)) << 2);
      store<u32>(to, load<u32>(to - before));
    }
  }
}

/** 1 if two entries have one key, else 0; without a branch for the words of d = 2 to 5, of which the last is compared twice if there are two. */
// @ts-ignore: decorator
@inline
function sameKeyAs(keys: usize, entry: u32, other: u32, words: u32): u32 {
  const a = keys + <usize>((entry * words) << 2);
  const b = keys + <usize>((other * words) << 2);
  if (words - 2 > 1) return u32(sameKey(a, b, words));
  const last = (<usize>(words - 1)) << 2;
  return u32(((load<u64>(a) ^ load<u64>(b)) | <u64>(load<u32>(a + last) ^ load<u32>(b + last))) == 0);
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
