// Multiplies element by element: result = a·b. Each invocation computes one quad. The adjoint with respect to a
// multiplies by b, and that with respect to b by a.
//#include "../shared/invocation.wgsl"

struct Params {
  // quads
  count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(2) var<storage, read> b: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> result: array<vec4f>;

//#invocations count
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= params.count) { return; }
  result[index] = a[index] * b[index];
}
