// Multiplies, for each vertex, the gradient of what a blur along one axis makes by each value that went into it: those of
// the first neighbor, of the vertex itself and of the second neighbor. The sums over vertices are the gradients of the
// taps (taps.wgsl). Each invocation computes a vertex's quad of channels.
//#include "../shared/invocation.wgsl"

struct Params {
  vertices: u32,
  quads: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [vertices + 1]: this axis's (first, second).
@group(0) @binding(1) var<storage, read> neighbors: array<vec2u>;
// [vertices + 1, quads]: what was blurred.
@group(0) @binding(2) var<storage, read> values: array<vec4f>;
// [vertices + 1, quads]: the gradient of what was made of it.
@group(0) @binding(3) var<storage, read> gradient: array<vec4f>;
// [vertices, 3, quads]
@group(0) @binding(4) var<storage, read_write> result: array<vec4f>;

//#invocations vertices * quads
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= params.vertices * params.quads) { return; }
  let quad = index % params.quads;
  let vertex = index / params.quads;
  let pair = neighbors[vertex] * params.quads + quad;
  let own = gradient[index];
  let to = 3u * vertex * params.quads + quad;
  result[to] = own * values[pair.x];
  result[to + params.quads] = own * values[index];
  result[to + 2u * params.quads] = own * values[pair.y];
}
