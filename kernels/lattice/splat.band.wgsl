// Splats a band of points into vertices that have got others before it: what splat and splat.add make of the whole lists, these make
// of lists that come in parts, to the same bits. A vertex's state is how many pairs of its list have been added, and a running sum for each
// level of blocks (incidence.wgsl): result[vertex] has the first block, then what the first blocks of further levels have added to it;
// sums of level 0 are of the further block of pairs that is being filled, those of level k of the block of sums of the level below. A block
// is closed when the next one begins, or after the last band, and its sum is then an item of the level above.
// Only vertices whose whole list is longer than a block have a row of `sums`.
// Each invocation computes a vertex's quad of channels; row `vertices` becomes zero.
// Precondition: bands come in order of their points.
//#include "../shared/invocation.wgsl"
//#include "incidence.wgsl"
//#include "splat.sum.wgsl"

struct Params {
  vertices: u32,
  // 1 in the last band, which closes all blocks.
  last: u32,
  // How many levels of sums a row has.
  levels: u32,
  quads: u32,
  valueQuads: u32,
  valueOffset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [vertices + 2]: where the part of each vertex's list begins.
@group(0) @binding(1) var<storage, read> offsets: array<u32>;
@group(0) @binding(2) var<storage, read> incidence: array<vec2u>;
// [points, valueQuads]
@group(0) @binding(3) var<storage, read> values: array<vec4f>;
// [vertices, 2]: how many pairs of the vertex's list have been added, and its row in `sums`.
@group(0) @binding(4) var<storage, read> lists: array<u32>;
// The same after this band.
@group(0) @binding(5) var<storage, read_write> nextLists: array<u32>;
// [vertices + 1, quads]
@group(0) @binding(6) var<storage, read_write> result: array<vec4f>;
// [rows, levels, quads]
@group(0) @binding(7) var<storage, read_write> sums: array<vec4f>;

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

//#invocations (vertices + 1) * quads
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  let vertex = index / params.quads;
  let quad = index % params.quads;
  if (vertex > params.vertices) { return; }
  if (vertex == params.vertices) {
    result[index] = vec4f();
    return;
  }
  let ofSums = lists[2u * vertex + 1u];
  let row = ofSums * params.levels * params.quads + quad;
  var count = lists[2u * vertex];
  let begin = offsets[vertex];
  let end = offsets[vertex + 1u];
  if (quad == 0u) {
    nextLists[2u * vertex] = count + end - begin;
    nextLists[2u * vertex + 1u] = ofSums;
  }
  count = bandOn(count, begin, end, row, index, params.valueOffset + quad);
  if (params.last != 0u && count > BLOCK) { close(count, row, index); }
}
