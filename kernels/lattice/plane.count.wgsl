// Counts the entries of each cell, by blocks of points, for a counting sort as sort.count begins one, and flags the cells that have any.
// Preconditions: counts and flags are zero.
//#device wasm
//#include "taken.wgsl"

struct Params {
  points: u32,
  blockSize: u32,
  blocks: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [points, 3]: cells and weights, as plane.embed gives them.
@group(0) @binding(1) var<storage, read> simplices: array<vec2u>;
// [cells, blocks]. Each is used by one block only.
@group(0) @binding(2) var<storage, read_write> counts: array<u32>;
// [cells]
@group(0) @binding(3) var<storage, read_write> flags: array<atomic<u32>>;

//#workgroups blocks
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) localIndex: u32, @builtin(workgroup_id) workgroupId: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let block = workgroupId.y * workgroupCount.x + workgroupId.x;
  let end = 3u * min((block + 1u) * params.blockSize, params.points);
  for (var first = 3u * block * params.blockSize; first < end; first += WORKGROUP_SIZE) {
    let entry = first + localIndex;
    var cell = none;
    if (entry < end) { cell = simplices[entry].x; }
    taken[localIndex] = cell;
    workgroupBarrier();
    // How many of these 64 entries have the same cell; the first of them adds them all.
    let same = sameTaken(cell, localIndex);
    if (cell != none && same.x == 0u) {
      counts[cell * params.blocks + block] += same.y;
      atomicStore(&flags[cell], 1u);
    }
    storageBarrier();
    workgroupBarrier();
  }
}
