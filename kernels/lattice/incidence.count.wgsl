// Counts the entries of each vertex, by blocks of entries, for a counting sort as sort.count begins one. Each block has its counts for itself,
// since threads that write to one line of memory wait for each other. Where `renumber` is not 0, the vertices of the simplices have given way
// to `numbers` of them before.
// Precondition: all counts are zero.
//#device wasm
//#include "taken.wgsl"

struct Params {
  entries: u32,
  blockSize: u32,
  blocks: u32,
  vertices: u32,
  renumber: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [points, d + 1]: vertices and weights.
@group(0) @binding(1) var<storage, read_write> simplices: array<vec2u>;
// [vertices]
@group(0) @binding(2) var<storage, read> numbers: array<u32>;
// [blocks, vertices]
@group(0) @binding(3) var<storage, read_write> counts: array<u32>;

//#workgroups blocks
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) localIndex: u32, @builtin(workgroup_id) workgroupId: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let block = workgroupId.y * workgroupCount.x + workgroupId.x;
  let end = min((block + 1u) * params.blockSize, params.entries);
  for (var first = block * params.blockSize; first < end; first += WORKGROUP_SIZE) {
    let entry = first + localIndex;
    var vertex = none;
    if (entry < end) {
      vertex = simplices[entry].x;
      if (params.renumber != 0u) {
        vertex = numbers[vertex];
        simplices[entry].x = vertex;
      }
    }
    taken[localIndex] = vertex;
    workgroupBarrier();
    // How many of these 64 entries have the same vertex; the first of them adds them all.
    let same = sameTaken(vertex, localIndex);
    if (vertex != none && same.x == 0u) { counts[block * params.vertices + vertex] += same.y; }
    storageBarrier();
    workgroupBarrier();
  }
}
