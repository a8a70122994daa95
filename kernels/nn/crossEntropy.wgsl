// Computes the loss of each pixel from its scores x and its label l, with p = softmax(x):
//   epsilon = 0: cross-entropy, −log p_l = log Σ exp(x_c − max) − (x_l − max), which neither overflows nor vanishes;
//   epsilon > 0: the robust log-likelihood of Krähenbühl and Koltun (ICML 2013), −log(p_l + epsilon).
// Writes losses[pixel] = (factor·weights_l·loss, 0, 0, 0), one quad for each pixel, which columnSums adds up. The loss is 0 where
// the label is `ignore`. A score that is NaN or +∞ makes the loss NaN. A score of −∞ is a probability of 0. Each
// invocation computes a pixel.
// Precondition: every label is below `channels` or equal to `ignore` (tested when labels are made). Adjoint:
// crossEntropy.pullback.
//#include "../shared/invocation.wgsl"
//#include "../shared/nan.wgsl"
//#include "../shared/quads.wgsl"
//#include "crossEntropy.largest.wgsl"

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
@group(0) @binding(1) var<storage, read> scores: array<vec4f>;
// [pixels], four to a word
@group(0) @binding(2) var<storage, read> labels: array<u32>;
// [channels]: how much the pixels of each label count
@group(0) @binding(3) var<storage, read> weights: array<f32>;
// [rows]
@group(0) @binding(4) var<storage, read_write> losses: array<vec4f>;

fn sumOfPowers(first: u32, quads: u32, largest: f32) -> f32 {
  var powers = vec4f();
  for (var q = 0u; q < quads; q++) {
    powers += select(vec4f(), exp(scores[first + q] - largest), channelsIn(q, params.channels));
  }
  return sumLanes(powers);
}

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
  let quads = (params.channels + 3u) / 4u;
  let first = row * quads;
  let largest = largestScore(first, quads);
  let sum = sumOfPowers(first, quads, largest);
  let score = scores[first + label / 4u][label % 4u] - largest;
  var loss = log(sum) - score;
  if (params.epsilon > 0.0) { loss = -log(exp(score) / sum + params.epsilon); }
  losses[row] = vec4f(tainted(params.factor * weights[label] * loss, largest), 0.0, 0.0, 0.0);
}
