// Gathers single values: result[i] = values[places[i]]. Each invocation gathers one.
//#include "invocation.wgsl"

struct Params {
  count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<f32>;
// [count]
@group(0) @binding(2) var<storage, read> places: array<u32>;
// [count]
@group(0) @binding(3) var<storage, read_write> result: array<f32>;

//#invocations count
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= params.count) { return; }
  result[index] = values[places[index]];
}
