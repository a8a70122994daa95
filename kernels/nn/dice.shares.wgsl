// Computes what each pixel adds to the sums that dice needs, from its scores and its label l, with p = softmax(scores): for each class c
// p_c in `shares` and p_c·[c = l] in `right`. Both are 0 where the label is `ignore`. Each invocation computes a pixel.
// Precondition: every label is below `channels` or equal to `ignore` (tested when labels are made). Adjoint: dice.pullback.
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
// [rows, channels], rows padded
@group(0) @binding(3) var<storage, read_write> shares: array<vec4f>;
// [rows, channels], rows padded
@group(0) @binding(4) var<storage, read_write> right: array<vec4f>;

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
    for (var q = first; q < first + quads; q++) {
      shares[q] = vec4f();
      right[q] = vec4f();
    }
    return;
  }
  let largest = largestScore(first, quads);
  var powers = vec4f();
  for (var q = 0u; q < quads; q++) {
    let own = powerOf(first, q, largest);
    shares[first + q] = own;
    powers += own;
  }
  let sum = sumLanes(powers);
  for (var q = 0u; q < quads; q++) {
    let labeled = 4u * q + vec4u(0u, 1u, 2u, 3u) == vec4u(label);
    let own = select(vec4f(), shares[first + q] / sum, channelsIn(q, params.channels));
    shares[first + q] = own;
    right[first + q] = select(vec4f(), own, labeled);
  }
}
