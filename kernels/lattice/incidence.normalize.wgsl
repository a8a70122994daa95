// Multiplies the barycentric weights of the incidence lists by the factor of each point: result = (point,
// weight·factors[point]). This includes the normalization that comes before the filter in the splat, at no cost to any
// later pass.
//#include "../shared/invocation.wgsl"

struct Params {
  entries: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> incidence: array<vec2u>;
@group(0) @binding(2) var<storage, read> factors: array<f32>;
@group(0) @binding(3) var<storage, read_write> result: array<vec2u>;

//#invocations entries
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= params.entries) { return; }
  let pair = incidence[index];
  result[index] = vec2u(pair.x, bitcast<u32>(bitcast<f32>(pair.y) * factors[pair.x]));
}
