// Computes the factor that brings gradients to a norm of at most `limit` (Pascanu, Mikolov and Bengio, ICML 2013):
// factor = (min(1, limit/norm), norm, 0, 0), with norm = √Σ of the four lanes of `squares`. The factor of a norm that
// is NaN is NaN. There is one invocation.
//#include "../shared/invocation.wgsl"
//#include "../shared/nan.wgsl"

struct Params {
  limit: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
// One quad.
@group(0) @binding(1) var<storage, read> squares: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> factor: array<vec4f>;

//#invocations 1
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= 1u) { return; }
  let lanes = squares[0];
  let norm = sqrt((lanes.x + lanes.y) + (lanes.z + lanes.w));
  var least = 1.0;
  if (norm > params.limit) { least = params.limit / norm; }
  factor[0] = vec4f(select(least, norm, isNan(norm)), norm, 0.0, 0.0);
}
