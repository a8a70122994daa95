// Computes the gradient of crossEntropy's scores. It computes the softmax p again instead of reading a stored one:
// scoreGradient_c = g·weight·(p_c − [c = l]), with g = factor·weights_l·gradient and weight = 1 for cross-entropy or p_l/(p_l +
// epsilon) for the robust log-likelihood. It is 0 where the label is `ignore`, and in the padding. Each invocation
// computes a pixel.
//#include "../shared/invocation.wgsl"
//#include "../shared/nan.wgsl"
//#include "../shared/quads.wgsl"
//#include "crossEntropy.largest.wgsl"

struct Params {
  rows: u32,
  channels: u32,
  // Pixel of the first row.
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
// [1]: the gradient of the loss
@group(0) @binding(4) var<storage, read> gradient: array<f32>;
// [rows, channels], rows padded
@group(0) @binding(5) var<storage, read_write> scoreGradient: array<vec4f>;

//#invocations rows
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let row = invocation(id, workgroupCount);
  if (row >= params.rows) { return; }
  let pixel = params.first + row;
  let label = (labels[pixel / 4u] >> (pixel % 4u * 8u)) & 255u;
  let quads = (params.channels + 3u) / 4u;
  let first = row * quads;
  if (label == params.ignore) {
    for (var q = first; q < first + quads; q++) { scoreGradient[q] = vec4f(); }
    return;
  }
  let largest = largestScore(first, quads);
  var powers = vec4f();
  for (var q = 0u; q < quads; q++) {
    let own = powerOf(first, q, largest);
    scoreGradient[first + q] = own;
    powers += own;
  }
  let sum = sumLanes(powers);
  var weight = params.factor * weights[label] * gradient[0];
  if (params.epsilon > 0.0) {
    let p = scoreGradient[first + label / 4u][label % 4u] / sum;
    weight *= p / (p + params.epsilon);
  }
  for (var q = 0u; q < quads; q++) {
    let labeled = 4u * q + vec4u(0u, 1u, 2u, 3u) == vec4u(label);
    let own = weight * (scoreGradient[first + q] / sum - select(vec4f(), vec4f(1.0), labeled));
    scoreGradient[first + q] = select(vec4f(), own, channelsIn(q, params.channels));
  }
}
