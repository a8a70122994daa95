// What splat.band and splat.near share: running sums of lists that come in bands.

// Adds the sum of a closed block as item `firstItem` to the sums of level `firstLevel`; blocks that this closes go one level up.
fn carry(firstLevel: u32, firstItem: u32, closed: vec4f, row: u32, own: u32) {
  var item = firstItem;
  var value = closed;
  for (var level = firstLevel; level < params.levels; level++) {
    let place = row + level * params.quads;
    if (item % BLOCK != 0u) {
      sums[place] += value;
      return;
    }
    let before = sums[place];
    sums[place] = vec4f() + value;
    if (item == 0u) { return; }
    if (item == BLOCK) {
      result[own] += before;
      return;
    }
    value = before;
    item = item / BLOCK - 2u;
  }
}

// Closes the blocks that are being filled, from level 0 up, where `count` pairs have been added.
fn close(count: u32, row: u32, own: u32) {
  var block = (count - 1u) / BLOCK;
  for (var level = 0u; level < params.levels; level++) {
    let sum = sums[row + level * params.quads];
    if (block == 0u) {
      // Level 0 is only reached with further blocks: its first one is in the result.
      result[own] += sum;
      return;
    }
    carry(level + 1u, block - 1u, sum, row, own);
    block = (block - 1u) / BLOCK;
  }
}

// Adds the pairs [begin, end) of a list of which `before` have been added, and returns how many have then.
fn bandOn(before: u32, begin: u32, end: u32, row: u32, own: u32, quad: u32) -> u32 {
  var count = before;
  var i = begin;
  while (i < end) {
    let filled = count % BLOCK;
    let stop = min(end, i + BLOCK - filled);
    var sum = vec4f();
    if (count < BLOCK) {
      if (filled > 0u) { sum = result[own]; }
      result[own] = sumOn(sum, i, stop, quad);
    } else {
      if (filled > 0u) { sum = sums[row]; }
      else if (count > BLOCK) { carry(1u, count / BLOCK - 2u, sums[row], row, own); }
      sums[row] = sumOn(sum, i, stop, quad);
    }
    count += stop - i;
    i = stop;
  }
  return count;
}
