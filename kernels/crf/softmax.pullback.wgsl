// Adjoint of the activation, a row at a time. mode 1, softmax: P∘(g − Σ_c P_c g_c), P the marginals in values. mode 2, ReLU
// over its sum S: with Y = max(x, 0)/S, [x > 0]·(g − Σ_c Y_c g_c)/S, x the logits in values. Padding channels stay zero.
//#include "../shared/invocation.wgsl"
//#include "../shared/nan.wgsl"

struct Params {
  rows: u32,
  channels: u32,
  mode: u32,
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
  let stride = (params.channels + 3u) / 4u * 4u;
  let first = row * stride;
  var product = 0.0;
  var sum = select(0.0, 1e-20, params.mode == 2u);
  for (var c = first; c < first + params.channels; c++) {
    let value = rectified(values[c]);
    product += value * gradient[c];
    sum += value;
  }
  if (params.mode == 2u) { product /= sum; }
  for (var c = first; c < first + params.channels; c++) {
    let centered = gradient[c] - product;
    if (params.mode == 1u) { result[c] = values[c] * centered; }
    else { result[c] = select(0.0, centered / sum, bitcast<u32>(rectified(values[c])) != 0u); }
  }
  for (var c = first + params.channels; c < first + stride; c++) { result[c] = 0.0; }
}
