// The gradient behind a ReLU, of what was before it: result = gradient where output > 0, else 0; output is what the ReLU
// gave. One invocation a quad.
//#include "../shared/invocation.wgsl"

struct Params {
  // quads
  count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(2) var<storage, read> output: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> result: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = invocation(id, groups);
  if (index >= params.count) { return; }
  result[index] = select(vec4f(), gradient[index], output[index] > vec4f());
}
