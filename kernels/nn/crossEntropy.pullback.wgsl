// Computes the gradient of crossEntropy's scores. It computes the softmax p again instead of reading a stored one:
// scoreGradient_c = g·weight·(p_c − [c = l]), with g = factor·gradient and weight = 1 for cross-entropy or p_l/(p_l +
// epsilon) for the robust log-likelihood. It is 0 where the label is `ignore`, and in the padding. Each invocation
// computes a pixel.
//#include "../shared/invocation.wgsl"
//#include "../shared/nan.wgsl"

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
@group(0) @binding(1) var<storage, read> scores: array<f32>;
// [pixels], four to a word
@group(0) @binding(2) var<storage, read> labels: array<u32>;
// [1]: the gradient of the loss
@group(0) @binding(3) var<storage, read> gradient: array<f32>;
// [rows, channels], rows padded
@group(0) @binding(4) var<storage, read_write> scoreGradient: array<f32>;

//#invocations rows
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let row = invocation(id, workgroupCount);
  if (row >= params.rows) { return; }
  let pixel = params.first + row;
  let label = (labels[pixel / 4u] >> (pixel % 4u * 8u)) & 255u;
  let rowStride = (params.channels + 3u) / 4u * 4u;
  let start = row * rowStride;
  if (label == params.ignore) {
    for (var c = 0u; c < rowStride; c++) { scoreGradient[start + c] = 0.0; }
    return;
  }
  var largest = scores[start];
  for (var c = 1u; c < params.channels; c++) { largest = most(largest, scores[start + c]); }
  var sum = 0.0;
  for (var c = 0u; c < params.channels; c++) {
    let power = tainted(exp(scores[start + c] - largest), largest);
    scoreGradient[start + c] = power;
    sum += power;
  }
  var weight = params.factor * gradient[0];
  if (params.epsilon > 0.0) {
    let p = scoreGradient[start + label] / sum;
    weight *= p / (p + params.epsilon);
  }
  for (var c = 0u; c < params.channels; c++) {
    scoreGradient[start + c] = weight * (scoreGradient[start + c] / sum - select(0.0, 1.0, c == label));
  }
  for (var c = params.channels; c < rowStride; c++) { scoreGradient[start + c] = 0.0; }
}
