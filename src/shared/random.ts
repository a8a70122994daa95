/**
 * 32 random bits that are a function of the key alone, so that a resumed run draws what an uninterrupted one does without
 * any state to store. Every word of the key goes through MurmurHash3's rounds (Appleby 2011, public domain), which pass
 * its avalanche tests; Math.random has no seed, and the seeded generators on npm keep a state.
 */
export function randomBits(...key: readonly number[]): number {
  let hash = 0;
  for (const word of key) {
    const mixed = Math.imul(rotate(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593);
    hash = (Math.imul(rotate(hash ^ mixed, 13), 5) + 0xe6546b64) | 0;
  }
  hash ^= key.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Random numbers from 0 up to 1 for what the key names, always the same ones. */
export function randomNumbers(...key: readonly number[]): () => number {
  let count = 0;
  return () => randomBits(...key, count++) / 2 ** 32;
}

/** The first word of a key after the seed says what the numbers are used for, so that no two uses share them. */
export const purpose = { order: 1, augmentation: 2, dropout: 3, initialization: 4, search: 5, shifts: 6 } as const;

const rotate = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));
