// Computes the probability of the most probable class of each pixel, max_c softmax(x)_c = 1/Σ exp(x_c − max). A logit
// that is NaN or +∞ makes it NaN. Each invocation computes a pixel.
//#include "../shared/invocation.wgsl"
//#include "../shared/nan.wgsl"

struct Params {
  rows: u32,
  channels: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [rows, channels], rows padded
@group(0) @binding(1) var<storage, read> logits: array<f32>;
// [rows], dense
@group(0) @binding(2) var<storage, read_write> result: array<f32>;

//#invocations rows
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let row = invocation(id, workgroupCount);
  if (row >= params.rows) { return; }
  let first = row * ((params.channels + 3u) / 4u * 4u);
  var largest = logits[first];
  for (var c = 1u; c < params.channels; c++) { largest = most(largest, logits[first + c]); }
  var sum = 0.0;
  for (var c = 0u; c < params.channels; c++) { sum += exp(logits[first + c] - largest); }
  result[row] = tainted(1.0 / sum, largest);
}
