// The adjoint of the activation, row by row. For ACTIVATION_SOFTMAX it is P∘(g − Σ_c P_c g_c), where `values` holds the
// marginals P. For ACTIVATION_RELU, with the sum S and Y = max(x, 0)/S, it is [x > 0]·(g − Σ_c Y_c g_c)/S, where
// `values` holds the logits x. Padding channels stay zero.
//#include "../shared/invocation.wgsl"
//#include "../shared/nan.wgsl"
//#include "../shared/quads.wgsl"
//#include "activation.wgsl"

struct Params {
  rows: u32,
  channels: u32,
  activation: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [rows, channels], rows padded
@group(0) @binding(1) var<storage, read> values: array<vec4f>;
@group(0) @binding(2) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> result: array<vec4f>;

//#invocations rows
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let row = invocation(id, workgroupCount);
  if (row >= params.rows) { return; }
  let quads = (params.channels + 3u) / 4u;
  let first = row * quads;
  var products = vec4f();
  var positive = vec4f();
  for (var q = first; q < first + quads; q++) {
    let value = rectified4(values[q]);
    products += value * gradient[q];
    positive += value;
  }
  var product = sumLanes(products);
  let sum = sumLanes(positive) + 1e-20;
  if (params.activation == ACTIVATION_RELU) { product /= sum; }
  for (var q = 0u; q < quads; q++) {
    let value = values[first + q];
    var own = gradient[first + q] - product;
    if (params.activation == ACTIVATION_SOFTMAX) { own *= value; }
    else { own = select(vec4f(), own / sum, bitcast<vec4u>(rectified4(value)) != vec4u()); }
    result[first + q] = select(vec4f(), own, channelsIn(q, params.channels));
  }
}
