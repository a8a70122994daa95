// Blurs along one axis: result = values + ½·(first neighbor + second neighbor). Absent neighbors are represented by row
// `vertices`, which is zero and stays zero. The filter blurs along axes 0…d and its adjoint along axes d…0; the blur
// along one axis is its own adjoint. Each invocation computes a vertex's quad of channels.
//#include "../shared/invocation.wgsl"

struct Params {
  vertices: u32,
  quads: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [vertices + 1]: this axis's (first, second).
@group(0) @binding(1) var<storage, read> neighbors: array<vec2u>;
// [vertices + 1, quads]
@group(0) @binding(2) var<storage, read> values: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> result: array<vec4f>;

//#invocations (vertices + 1) * quads
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= (params.vertices + 1u) * params.quads) { return; }
  let pair = neighbors[index / params.quads] * params.quads + index % params.quads;
  result[index] = values[index] + 0.5 * (values[pair.x] + values[pair.y]);
}
