// The hash of a lattice key is computed one word after another. Each step is a bijection of the state, and the last one
// is an avalanche (xor-shift and odd multipliers), so that keys that differ in one coordinate are spread over the
// table.
fn hashWord(state: u32, word: u32) -> u32 {
  let mixed = (state ^ word) * 0x9e3779b1u;
  return mixed ^ (mixed >> 15u);
}

fn hashEnd(state: u32) -> u32 {
  let mixed = state * 0x85ebca6bu;
  return mixed ^ (mixed >> 13u);
}
