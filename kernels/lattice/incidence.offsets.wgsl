// Where each vertex's incidence list begins, and the vertices of every BLOCK-th pair, as incidence.fill gives them, from the
// sums of a counting sort by vertex (sort.count, scan): starts[vertex, block] is where the vertex's entries of a block begin.
//#device wasm
//#include "../shared/invocation.wgsl"
//#include "incidence.wgsl"

struct Params {
  entries: u32,
  vertices: u32,
  // Blocks of entries that were counted apart.
  blocks: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [vertices, blocks]
@group(0) @binding(1) var<storage, read> starts: array<u32>;
// [vertices + 2]
@group(0) @binding(2) var<storage, read_write> offsets: array<u32>;
@group(0) @binding(3) var<storage, read_write> blockVertices: array<u32>;

//#invocations vertices
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let vertex = invocation(id, workgroupCount);
  if (vertex >= params.vertices) { return; }
  let begin = starts[vertex * params.blocks];
  offsets[vertex] = begin;
  var end = params.entries;
  if (vertex + 1u < params.vertices) {
    end = starts[(vertex + 1u) * params.blocks];
  } else {
    offsets[params.vertices] = end;
    offsets[params.vertices + 1u] = end;
  }
  for (var row = (begin + BLOCK - 1u) / BLOCK; row * BLOCK < end; row++) { blockVertices[row] = vertex; }
}
