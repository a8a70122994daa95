// Multiplies the barycentric weights of the simplices by the factor of their point: result = (vertex,
// weight·factors[point]). This includes the normalization that comes after the filter in the slice, at no cost to any
// later pass.
//#include "../shared/invocation.wgsl"

struct Params {
  entries: u32,
}

const DIMENSIONS: u32 = 5u; // specialized

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> simplices: array<vec2u>;
@group(0) @binding(2) var<storage, read> factors: array<f32>;
@group(0) @binding(3) var<storage, read_write> result: array<vec2u>;

//#invocations entries
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let entry = invocation(id, workgroupCount);
  if (entry >= params.entries) { return; }
  let pair = simplices[entry];
  result[entry] = vec2u(pair.x, bitcast<u32>(bitcast<f32>(pair.y) * factors[entry / (DIMENSIONS + 1u)]));
}
