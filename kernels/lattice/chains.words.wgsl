// What the kernels of chains know of a list of them: a word is a vertex, with the highest bit set for the last one of a chain, and words that are
// left over behind the last chain have all bits set.
const LAST = 0x80000000u;
const NO_VERTEX = 0xffffffffu;

fn vertexOf(word: u32) -> u32 {
  return word & ~LAST;
}

fn endsChain(word: u32) -> bool {
  return (word & LAST) != 0u;
}
