// Computes the gradient of dice's scores: with d_c = slope of P_c + [c = l]·slope of I_c (see dice) and p = softmax(scores),
// scoreGradient_c = gradient·p_c·(d_c − Σ_k p_k·d_k). It is 0 where the label is `ignore`, and in the padding. Each invocation computes a pixel.
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
}

@group(0) @binding(0) var<uniform> params: Params;
// [rows, channels], rows padded
@group(0) @binding(1) var<storage, read> scores: array<vec4f>;
// [pixels], four to a word
@group(0) @binding(2) var<storage, read> labels: array<u32>;
// [2, channels], padded
@group(0) @binding(3) var<storage, read> slopes: array<vec4f>;
// [1]: the gradient of the loss
@group(0) @binding(4) var<storage, read> gradient: array<f32>;
// [rows, channels], rows padded
@group(0) @binding(5) var<storage, read_write> scoreGradient: array<vec4f>;

fn slopeOf(q: u32, quads: u32, label: u32) -> vec4f {
  let labeled = 4u * q + vec4u(0u, 1u, 2u, 3u) == vec4u(label);
  let own = slopes[q] + select(vec4f(), slopes[quads + q], labeled);
  return select(vec4f(), own, channelsIn(q, params.channels));
}

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
  var products = vec4f();
  for (var q = 0u; q < quads; q++) {
    let own = powerOf(first, q, largest);
    scoreGradient[first + q] = own;
    powers += own;
    products += own * slopeOf(q, quads, label);
  }
  let sum = sumLanes(powers);
  let mean = sumLanes(products) / sum;
  for (var q = 0u; q < quads; q++) {
    let own = gradient[0] * (scoreGradient[first + q] / sum) * (slopeOf(q, quads, label) - mean);
    scoreGradient[first + q] = select(vec4f(), own, channelsIn(q, params.channels));
  }
}
