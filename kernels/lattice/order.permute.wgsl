// Applies a new order to the vertices: sortedKeys[i] = the key of vertex order[i], and vertexNumbers[order[i]] = i.
//#device wasm
//#include "../shared/invocation.wgsl"

struct Params {
  vertices: u32,
}

const DIMENSIONS: u32 = 5u; // specialized
const WORDS = DIMENSIONS / 2u + 1u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> order: array<u32>;
// [vertices, words]
@group(0) @binding(2) var<storage, read> vertexKeys: array<u32>;
@group(0) @binding(3) var<storage, read_write> sortedKeys: array<u32>;
@group(0) @binding(4) var<storage, read_write> vertexNumbers: array<u32>;

//#invocations vertices
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= params.vertices) { return; }
  let vertex = order[index];
  vertexNumbers[vertex] = index;
  for (var k = 0u; k < WORDS; k++) { sortedKeys[index * WORDS + k] = vertexKeys[vertex * WORDS + k]; }
}
