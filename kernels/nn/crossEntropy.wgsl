// Computes the loss of each pixel from its scores x and its label l, with p = softmax(x):
//   epsilon = 0: cross-entropy, −log p_l = log Σ exp(x_c − max) − (x_l − max), which neither overflows nor vanishes;
//   epsilon > 0: the robust log-likelihood of Krähenbühl and Koltun (ICML 2013), −log(p_l + epsilon).
// Writes losses[pixel] = (factor·loss, 0, 0, 0), one quad for each pixel, which columnSums adds up. The loss is 0 where
// the label is `ignore`. A score that is NaN or +∞ makes the loss NaN. A score of −∞ is a probability of 0. Each
// invocation computes a pixel.
// Precondition: every label is below `channels` or equal to `ignore` (tested when labels are made). Adjoint:
// crossEntropy.pullback.
//#include "../shared/invocation.wgsl"
//#include "../shared/nan.wgsl"

struct Params {
  rows: u32,
  channels: u32,
  // Number of the pixel that belongs to the first row.
  first: u32,
  ignore: u32,
  epsilon: f32,
  factor: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [rows, channels], rows padded
@group(0) @binding(1) var<storage, read> scores: array<f32>;
// [pixels], four to a word
@group(0) @binding(2) var<storage, read> labels: array<u32>;
// [rows]
@group(0) @binding(3) var<storage, read_write> losses: array<vec4f>;

//#invocations rows
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let row = invocation(id, workgroupCount);
  if (row >= params.rows) { return; }
  let pixel = params.first + row;
  let label = (labels[pixel / 4u] >> (pixel % 4u * 8u)) & 255u;
  if (label == params.ignore) {
    losses[row] = vec4f();
    return;
  }
  let start = row * ((params.channels + 3u) / 4u * 4u);
  var largest = scores[start];
  for (var c = 1u; c < params.channels; c++) { largest = most(largest, scores[start + c]); }
  var sum = 0.0;
  for (var c = 0u; c < params.channels; c++) { sum += exp(scores[start + c] - largest); }
  let score = scores[start + label] - largest;
  var loss = log(sum) - score;
  if (params.epsilon > 0.0) { loss = -log(exp(score) / sum + params.epsilon); }
  losses[row] = vec4f(tainted(params.factor * loss, largest), 0.0, 0.0, 0.0);
}
