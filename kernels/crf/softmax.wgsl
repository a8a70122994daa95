// Applies the activation of mean field to the channels of each row. ACTIVATION_SOFTMAX is exp(x − max)/Σ exp(x − max);
// the largest value is subtracted so that nothing overflows. ACTIVATION_RELU is the paper's alternative (Zheng et al.
// 2015, section on softmax), ReLU followed by division by the sum: max(x, 0)/(Σ max(x, 0) + 1e-20). In a softmax, NaN
// or +∞ makes the whole row NaN, and −∞ gets a share of 0. Padding channels stay zero.
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
@group(0) @binding(2) var<storage, read_write> result: array<vec4f>;

//#invocations rows
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let row = invocation(id, workgroupCount);
  if (row >= params.rows) { return; }
  let quads = (params.channels + 3u) / 4u;
  let first = row * quads;
  // Padding lanes are no candidates for the maximum.
  var highest = vec4f(values[first].x);
  for (var q = 0u; q < quads; q++) {
    let value = values[first + q];
    highest = most4(highest, select(value.xxxx, value, channelsIn(q, params.channels)));
  }
  let largest = most(most(highest.x, highest.y), most(highest.z, highest.w));
  var powers = vec4f();
  for (var q = 0u; q < quads; q++) {
    let value = values[first + q];
    var power = rectified4(value);
    if (params.activation == ACTIVATION_SOFTMAX) { power = tainted4(exp(value - largest), largest); }
    power = select(vec4f(), power, channelsIn(q, params.channels));
    result[first + q] = power;
    powers += power;
  }
  let sum = sumLanes(powers) + select(0.0, 1e-20, params.activation == ACTIVATION_RELU);
  for (var q = 0u; q < quads; q++) {
    result[first + q] = select(vec4f(), result[first + q] / sum, channelsIn(q, params.channels));
  }
}
