// Both neighbors of each vertex of a chain on each axis, from the chains (chains.wgsl). The neighbors of all other vertices are filled in before:
// none.
//#device wasm
//#include "../shared/invocation.wgsl"
//#include "chains.words.wgsl"

struct Params {
  vertices: u32,
  // Pairs of an axis of `neighbors`, and words of an axis of `chains`.
  axisLength: u32,
  chainLength: u32,
  dimensions: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [d + 1, chainLength]
@group(0) @binding(1) var<storage, read> chains: array<u32>;
// [d + 1, axisLength]: each vertex's (first, second) on the axis.
@group(0) @binding(2) var<storage, read_write> neighbors: array<vec2u>;

//#invocations (dimensions + 1) * vertices
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= (params.dimensions + 1u) * params.vertices) { return; }
  let axis = index / params.vertices;
  let at = axis * params.chainLength + index % params.vertices;
  let word = chains[at];
  if (word == NO_VERTEX) { return; }
  var pair = vec2u(params.vertices);
  if (index % params.vertices > 0u && !endsChain(chains[at - 1u])) { pair.x = chains[at - 1u]; }
  if (!endsChain(word)) { pair.y = vertexOf(chains[at + 1u]); }
  neighbors[axis * params.axisLength + vertexOf(word)] = pair;
}
