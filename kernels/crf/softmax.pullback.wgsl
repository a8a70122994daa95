// The adjoint of the activation, row by row. For ACTIVATION_SOFTMAX it is P∘(g − Σ_c P_c g_c), where `values` holds the
// marginals P. For ACTIVATION_RELU, with the sum S and Y = max(x, 0)/S, it is [x > 0]·(g − Σ_c Y_c g_c)/S, where
// `values` holds the logits x. Padding channels stay zero.
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
@group(0) @binding(2) var<storage, read> gradient: array<f32>;
@group(0) @binding(3) var<storage, read_write> result: array<f32>;

//#invocations rows
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let row = invocation(id, workgroupCount);
  if (row >= params.rows) { return; }
  let rowStride = (params.channels + 3u) / 4u * 4u;
  let first = row * rowStride;
  var product = 0.0;
  var sum = select(0.0, 1e-20, params.activation == ACTIVATION_RELU);
  for (var c = first; c < first + params.channels; c++) {
    let value = rectified(values[c]);
    product += value * gradient[c];
    sum += value;
  }
  if (params.activation == ACTIVATION_RELU) { product /= sum; }
  for (var c = first; c < first + params.channels; c++) {
    let centered = gradient[c] - product;
    if (params.activation == ACTIVATION_SOFTMAX) { result[c] = values[c] * centered; }
    else { result[c] = select(0.0, centered / sum, bitcast<u32>(rectified(values[c])) != 0u); }
  }
  for (var c = first + params.channels; c < first + rowStride; c++) { result[c] = 0.0; }
}
