// Applies the activation of mean field to the channels of each row. ACTIVATION_SOFTMAX is exp(x − max)/Σ exp(x − max);
// the largest value is subtracted so that nothing overflows. ACTIVATION_RELU is the paper's alternative (Zheng et al.
// 2015, section on softmax), ReLU followed by division by the sum: max(x, 0)/(Σ max(x, 0) + 1e-20). In a softmax, NaN
// or +∞ makes the whole row NaN, and −∞ gets a share of 0. Padding channels stay zero.
//#include "../shared/invocation.wgsl"
//#include "../shared/nan.wgsl"
//#include "activation.wgsl"

struct Params {
  rows: u32,
  channels: u32,
  activation: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [rows, channels], rows padded
@group(0) @binding(1) var<storage, read> values: array<f32>;
@group(0) @binding(2) var<storage, read_write> result: array<f32>;

//#invocations rows
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let row = invocation(id, workgroupCount);
  if (row >= params.rows) { return; }
  let rowStride = (params.channels + 3u) / 4u * 4u;
  let first = row * rowStride;
  var largest = values[first];
  for (var c = 1u; c < params.channels; c++) { largest = most(largest, values[first + c]); }
  var sum = select(0.0, 1e-20, params.activation == ACTIVATION_RELU);
  for (var c = 0u; c < params.channels; c++) {
    let value = values[first + c];
    var power = rectified(value);
    if (params.activation == ACTIVATION_SOFTMAX) { power = tainted(exp(value - largest), largest); }
    result[first + c] = power;
    sum += power;
  }
  for (var c = 0u; c < params.channels; c++) { result[first + c] = result[first + c] / sum; }
  for (var c = params.channels; c < rowStride; c++) { result[first + c] = 0.0; }
}
