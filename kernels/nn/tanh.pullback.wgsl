// Turns the gradient of a hyperbolic tangent's result y, in place, into the gradient of its argument: times 1 − y². Each invocation
// computes one quad.
//#include "../shared/invocation.wgsl"

struct Params {
  // quads
  count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> result: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> gradient: array<vec4f>;

//#invocations count
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= params.count) { return; }
  let y = result[index];
  gradient[index] = gradient[index] * (1.0 - y * y);
}
