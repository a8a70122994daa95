import { hashKey, sameKey } from "./hash";

/** Twin of kernels/lattice/hash.lookUp.wgsl. */
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
  for (let entry = begin; entry < end; entry++) {
    const key = keys + <usize>(entry * keyBytes);
    const at = (<usize>entry) << 2;
    // A pixel often shares its simplex with the one before it.
    const known = entry >= begin + coordinates && sameKey(key, key - <usize>(coordinates * keyBytes), words);
    const vertex = known
      ? load<u32>(vertexOfEntry + at - ((<usize>coordinates) << 2))
      : vertexOf(slots, vertexKeys, key, hashKey(key, words) & slotMask, slotMask, words);
    if (vertex == <u32>-1) continue;
    store<u32>(vertexOfEntry + at, vertex);
    store<u32>(simplices + (at << 1), vertex);
    store<u32>(simplices + (at << 1), load<u32>(barycentric + at), 4);
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
