// Blur along one axis: result = values + ½·(first neighbor + second neighbor), absent neighbors counting as zero through
// row `vertices`, which is zero and stays so. The filter runs the axes 0…d, its adjoint d…0; one axis is its own adjoint.
// One invocation a vertex and quad of channels.
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
