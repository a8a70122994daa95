// Last pass of a counting sort by vertex (incidence.count, scan) that makes the incidence lists at once: (point, bits of the
// barycentric weight) goes to its place. A workgroup has a block of entries, and takes 64 of them at a time; each invocation
// counts the entries before its own, of these, that have the same vertex, so that lists are in point order.
// On WASM each thread walks through a block. It has the room that incidence.fill would need for what is sorted. Where the places of each block
// lie `apart`, one behind the other, a thread writes zeros there first, from front to back, so that pairs find the lines in a cache: half the
// time of a scatter, and more where memory is busy.
//#device wasm
//#include "taken.wgsl"

struct Params {
  entries: u32,
  blockSize: u32,
  blocks: u32,
  vertices: u32,
  apart: u32,
}

const DIMENSIONS: u32 = 5u; // specialized

@group(0) @binding(0) var<uniform> params: Params;
// [points, d + 1]: vertices and weights.
@group(0) @binding(1) var<storage, read> simplices: array<vec2u>;
// [blocks, vertices]: where the next entry of a block goes.
@group(0) @binding(2) var<storage, read_write> starts: array<u32>;
@group(0) @binding(3) var<storage, read_write> incidence: array<vec2u>;

//#workgroups blocks
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) localIndex: u32, @builtin(workgroup_id) workgroupId: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let block = workgroupId.y * workgroupCount.x + workgroupId.x;
  let end = min((block + 1u) * params.blockSize, params.entries);
  for (var first = block * params.blockSize; first < end; first += WORKGROUP_SIZE) {
    let entry = first + localIndex;
    var pair = vec2u(none);
    if (entry < end) { pair = simplices[entry]; }
    let vertex = pair.x;
    taken[localIndex] = vertex;
    workgroupBarrier();
    let same = sameTaken(vertex, localIndex);
    let cursor = block * params.vertices + vertex;
    if (vertex != none) {
      let place = starts[cursor] + same.x;
      incidence[place] = vec2u(entry / (DIMENSIONS + 1u), pair.y);
    }
    storageBarrier();
    workgroupBarrier();
    if (vertex != none && same.x == 0u) { starts[cursor] += same.y; }
    storageBarrier();
    workgroupBarrier();
  }
}
