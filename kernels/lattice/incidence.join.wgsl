// Where each vertex's whole list begins, and the vertices of every BLOCK-th pair, as incidence.offsets gives them, of lists that come in bands:
// as many pairs lie before a list as before its parts in all bands together.
//#device wasm
//#include "../shared/invocation.wgsl"
//#include "incidence.wgsl"

struct Params {
  vertices: u32,
  bands: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [bands + 1, vertices + 2]: the first row is written from the others.
@group(0) @binding(1) var<storage, read_write> offsets: array<u32>;
@group(0) @binding(2) var<storage, read_write> blockVertices: array<u32>;

fn before(vertex: u32) -> u32 {
  var sum = 0u;
  for (var band = 1u; band <= params.bands; band++) { sum += offsets[band * (params.vertices + 2u) + vertex]; }
  return sum;
}

//#invocations vertices + 2
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let vertex = invocation(id, workgroupCount);
  if (vertex >= params.vertices + 2u) { return; }
  let begin = before(vertex);
  offsets[vertex] = begin;
  if (vertex >= params.vertices) { return; }
  let end = before(vertex + 1u);
  for (var row = (begin + BLOCK - 1u) / BLOCK; row * BLOCK < end; row++) { blockVertices[row] = vertex; }
}
