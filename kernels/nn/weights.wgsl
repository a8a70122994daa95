// How kernels read weights, which are stored as they are or as halves: half-precision numbers, two in a word. Unpacking is
// in the core of WGSL, so that this is the one way for all adapters, with and without f16. Products are summed in f32.

const HALVES: u32 = 0u; // specialized

// The index of the four words that hold quad `at` of weights: one quad, or two halves of a row of eight.
fn wordsOf(at: u32) -> u32 {
  return at / (1u + HALVES);
}

// The quad among its four words.
fn quadOf(words: vec4u, at: u32) -> vec4f {
  if (HALVES == 0u) { return bitcast<vec4f>(words); }
  let two = select(words.xy, words.zw, at % 2u == 1u);
  return vec4f(unpack2x16float(two.x), unpack2x16float(two.y));
}
