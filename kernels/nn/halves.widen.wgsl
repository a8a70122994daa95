// Widens the numbers of a map from half precision, without loss; see halves.narrow.wgsl. Each invocation widens a quad.
//#include "../shared/invocation.wgsl"

struct Params {
  quads: u32,
  // Quads of `values` before the first.
  valueSkip: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<vec2u>;
// [rows, channels], rows padded
@group(0) @binding(2) var<storage, read_write> result: array<vec4f>;

//#invocations quads
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= params.quads) { return; }
  let halves = values[params.valueSkip + index];
  result[index] = vec4f(unpack2x16float(halves.x), unpack2x16float(halves.y));
}
