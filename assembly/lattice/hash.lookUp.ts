import { scratch } from "../shared/scratch";
import { hashKey, sameKey } from "./hash";

/** How many entries are looked up ahead, as in hash.insert. */
const blockLength: u32 = 64;

/**
 * Twin of kernels/lattice/hash.lookUp.wgsl. A block of entries goes through three loops, so that the misses of the cache overlap: a first
 * look at their slots, a first look at the keys found there, and the search.
 */
export function hashLookUp(
  slots: usize,
  vertexKeys: usize,
  keys: usize,
  barycentric: usize,
  vertexOfEntry: usize,
  simplices: usize,
  entries: u32,
  slotMask: u32,
  dimensions: u32,
  begin: u32,
  end: u32,
): void {
  const words = dimensions / 2 + 1;
  const keyBytes = words << 2;
  const coordinates = dimensions + 1;
  const found = scratch + ((<usize>blockLength) << 2);
  for (let first = begin; first < end; first += blockLength) {
    const count = min(blockLength, end - first);
    for (let i: u32 = 0; i < count; i++) {
      const slot = hashKey(keys + <usize>((first + i) * keyBytes), words) & slotMask;
      store<u32>(scratch + ((<usize>i) << 2), slot);
      store<u32>(found + ((<usize>i) << 2), load<u32>(slots + ((<usize>slot) << 2)));
    }
    let touched: u32 = 0;
    for (let i: u32 = 0; i < count; i++) {
      touched ^= load<u32>(vertexKeys + <usize>((max(load<u32>(found + ((<usize>i) << 2)), 1) - 1) * keyBytes));
    }
    store<u32>(found, touched); // keeps the loads from being optimized away
    for (let i: u32 = 0; i < count; i++) {
      const entry = first + i;
      const key = keys + <usize>(entry * keyBytes);
      const at = (<usize>entry) << 2;
      // A pixel often shares its simplex with the one before it.
      const known = entry >= begin + coordinates && sameKey(key, key - <usize>(coordinates * keyBytes), words);
      const vertex = known
        ? load<u32>(vertexOfEntry + at - ((<usize>coordinates) << 2))
        : vertexOf(slots, vertexKeys, key, load<u32>(scratch + ((<usize>i) << 2)), slotMask, words);
      if (vertex == <u32>-1) continue;
      store<u32>(vertexOfEntry + at, vertex);
      store<u32>(simplices + (at << 1), vertex);
      store<u32>(simplices + (at << 1), load<u32>(barycentric + at), 4);
    }
  }
}

/** The vertex of a key, or −1 for one that is not in the table. */
// @ts-ignore: decorator
@inline
function vertexOf(slots: usize, vertexKeys: usize, key: usize, first: u32, slotMask: u32, words: u32): u32 {
  let slot = first;
  let vertex = load<u32>(slots + ((<usize>slot) << 2)) - 1;
  while (vertex != <u32>-1 && !sameKey(vertexKeys + <usize>(vertex * (words << 2)), key, words)) {
    slot = (slot + 1) & slotMask;
    vertex = load<u32>(slots + ((<usize>slot) << 2)) - 1;
  }
  return vertex;
}
