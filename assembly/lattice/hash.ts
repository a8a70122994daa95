/** What entrySlots hold of an entry that has no slot yet. */
export const none: u32 = 0xffffffff;

/** Twin of kernels/lattice/hash.wgsl. */
// @ts-ignore: decorator
@inline
export function hashWord(state: u32, word: u32): u32 {
  const mixed = (state ^ word) * 0x9e3779b1;
  return mixed ^ (mixed >> 15);
}

// @ts-ignore: decorator
@inline
export function hashEnd(state: u32): u32 {
  const mixed = state * 0x85ebca6b;
  return mixed ^ (mixed >> 13);
}

export function hashKey(key: usize, words: u32): u32 {
  let state: u32 = 0;
  for (let k: u32 = 0; k < words; k++) state = hashWord(state, load<u32>(key + ((<usize>k) << 2)));
  return hashEnd(state);
}

/** Whether two keys are the same, word by word. */
export function sameKey(a: usize, b: usize, words: u32): bool {
  for (let k: u32 = 0; k < words; k++) {
    if (load<u32>(a + ((<usize>k) << 2)) != load<u32>(b + ((<usize>k) << 2))) return false;
  }
  return true;
}
