// Last pass of a counting sort by cell (plane.count, scan) that makes the incidence lists as incidence.scatter does, and the simplices,
// where each cell gives way to its vertex. A workgroup has a block of points; on WASM each thread walks through one.
//#device wasm
//#include "taken.wgsl"

struct Params {
  points: u32,
  blockSize: u32,
  blocks: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [points, 3]: cells and weights in, vertices and weights out.
@group(0) @binding(1) var<storage, read_write> simplices: array<vec2u>;
// [cells + 1]: how many vertices have cells before each.
@group(0) @binding(2) var<storage, read> numbers: array<u32>;
// [cells, blocks]: where the next entry of a block goes. Each is used by one block only.
@group(0) @binding(3) var<storage, read_write> starts: array<u32>;
@group(0) @binding(4) var<storage, read_write> incidence: array<vec2u>;

//#workgroups blocks
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) localIndex: u32, @builtin(workgroup_id) workgroupId: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let block = workgroupId.y * workgroupCount.x + workgroupId.x;
  let end = 3u * min((block + 1u) * params.blockSize, params.points);
  for (var first = 3u * block * params.blockSize; first < end; first += WORKGROUP_SIZE) {
    let entry = first + localIndex;
    var pair = vec2u(none);
    if (entry < end) { pair = simplices[entry]; }
    taken[localIndex] = pair.x;
    workgroupBarrier();
    // The entries of these 64 that have the same cell, and those of them before this one.
    let same = sameTaken(pair.x, localIndex);
    let cursor = pair.x * params.blocks + block;
    if (pair.x != none) {
      incidence[starts[cursor] + same.x] = vec2u(entry / 3u, pair.y);
      simplices[entry] = vec2u(numbers[pair.x], pair.y);
    }
    storageBarrier();
    workgroupBarrier();
    if (pair.x != none && same.x == 0u) { starts[cursor] += same.y; }
    storageBarrier();
    workgroupBarrier();
  }
}
