// Puts channels back where prune.wgsl took them from: result[row, places[k]] = values[row, k]. The other channels of the result
// stay what they are. Each invocation computes an element.
//#include "../shared/invocation.wgsl"

struct Params {
  rows: u32,
  kept: u32,
  // Floats in a row of `values` and of `result`.
  valueStride: u32,
  resultStride: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<f32>;
// [kept]
@group(0) @binding(2) var<storage, read> places: array<u32>;
@group(0) @binding(3) var<storage, read_write> result: array<f32>;

//#invocations rows * kept
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= params.rows * params.kept) { return; }
  let row = index / params.kept;
  let k = index % params.kept;
  result[row * params.resultStride + places[k]] = values[row * params.valueStride + k];
}
