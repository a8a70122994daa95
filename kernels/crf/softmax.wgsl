// Softmax over the channels of each row: exp(x − max)/Σ exp(x − max). Padding channels stay zero.
//#include "../shared/invocation.wgsl"

struct Params {
  rows: u32,
  channels: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [rows, channels], rows padded
@group(0) @binding(1) var<storage, read> values: array<f32>;
@group(0) @binding(2) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = invocation(id, groups);
  if (row >= params.rows) { return; }
  let stride = (params.channels + 3u) / 4u * 4u;
  let first = row * stride;
  var largest = values[first];
  for (var c = 1u; c < params.channels; c++) { largest = max(largest, values[first + c]); }
  var sum = 0.0;
  for (var c = 0u; c < params.channels; c++) {
    let power = exp(values[first + c] - largest);
    result[first + c] = power;
    sum += power;
  }
  for (var c = 0u; c < stride; c++) {
    result[first + c] = select(0.0, result[first + c] / sum, c < params.channels);
  }
}
