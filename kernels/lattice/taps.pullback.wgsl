// Multiplies, for each vertex, the gradient of what a blur along one axis makes by what one of its taps took: the value of
// the first neighbor (tap 0), of the vertex itself (1) or of the second neighbor (2). The sum over vertices is the gradient
// of this tap (taps.wgsl). Each invocation computes a vertex's quad of channels.
//#include "../shared/invocation.wgsl"

struct Params {
  vertices: u32,
  quads: u32,
  tap: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [vertices + 1]: this axis's (first, second).
@group(0) @binding(1) var<storage, read> neighbors: array<vec2u>;
// [vertices + 1, quads]: what was blurred.
@group(0) @binding(2) var<storage, read> values: array<vec4f>;
// [vertices + 1, quads]: the gradient of what was made of it.
@group(0) @binding(3) var<storage, read> gradient: array<vec4f>;
// [vertices, quads]
@group(0) @binding(4) var<storage, read_write> result: array<vec4f>;

//#invocations vertices * quads
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= params.vertices * params.quads) { return; }
  var vertex = index / params.quads;
  if (params.tap == 0u) { vertex = neighbors[vertex].x; }
  if (params.tap == 2u) { vertex = neighbors[vertex].y; }
  result[index] = gradient[index] * values[vertex * params.quads + index % params.quads];
}
