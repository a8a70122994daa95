// The blocks of incidence lists, which splat adds up apart, so that no invocation walks a whole list: in a picture of one
// color it has all pixels. A list's first block is its first BLOCK pairs, the further ones are the next ones. The sums of
// further blocks are themselves a list of the same vertex, one level up, which is cut in the same way; and so on.
//
// Where a further block's sum lies follows from the block's first item alone: in row ⌊item/BLOCK⌋ of the next level. No
// two have the same row, since a vertex's blocks begin BLOCK items apart, and its further ones at least as far behind
// the list of the vertex before. So the list of each level follows from a vertex's offsets, and nothing is counted.

const BLOCK = 64u;

// The first item of a list and how many it has, one level up from `list`.
fn sumsOf(list: vec2u) -> vec2u {
  return vec2u(list.x / BLOCK + 1u, (max(list.y, 1u) - 1u) / BLOCK);
}

// The first item and the end of the further block of `list` whose sum lies in `row`. The end is not above the first item
// where there is no such block.
fn blockOf(list: vec2u, row: u32) -> vec2u {
  let begin = row * BLOCK + list.x % BLOCK;
  return select(vec2u(), vec2u(begin, min(begin + BLOCK, list.x + list.y)), row > list.x / BLOCK);
}
