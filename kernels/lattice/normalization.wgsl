// Computes normalization factors from filtered ones, of which `values` has one quad for each point: 1/(K·1 + ε), or its
// square root if symmetric ≠ 0, with ε = 1e-20 as in Caffe and densecrf.
//#include "../shared/invocation.wgsl"

struct Params {
  points: u32,
  symmetric: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [points, 1]
@group(0) @binding(1) var<storage, read> values: array<vec4f>;
// [points]
@group(0) @binding(2) var<storage, read_write> factors: array<f32>;

//#invocations points
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let point = invocation(id, workgroupCount);
  if (point >= params.points) { return; }
  let sum = values[point].x + 1e-20;
  if (params.symmetric != 0u) { factors[point] = 1.0 / sqrt(sum); } else { factors[point] = 1.0 / sum; }
}
