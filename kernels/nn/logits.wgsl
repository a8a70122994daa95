// Makes logits of probabilities: result = factor·log(max(p, least)), element by element, whose softmax (for factor 1)
// are the probabilities again. Where `stacked` is 1 there is one channel, the probability of the second of two classes,
// and the result has two: factor·log(max(1 − p, least)) and factor·log(max(p, least)). A probability below −least is NaN,
// as is one above 1 + least where 1 − p is taken; what lies nearer is rounding. Each invocation computes a quad; padding
// stays 0. Adjoint: logits.pullback.
//#include "../shared/invocation.wgsl"
//#include "probability.wgsl"

struct Params {
  // Quads in this range, and before it.
  count: u32,
  first: u32,
  // Channels of `values`.
  channels: u32,
  stacked: u32,
  least: f32,
  factor: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> result: array<vec4f>;

//#invocations count
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= params.count) { return; }
  let p = values[index];
  if (params.stacked != 0u) {
    result[index] = vec4f(logit(1.0 - p.x), logit(p.x), 0.0, 0.0);
    return;
  }
  let channel = (params.first + index) % ((params.channels + 3u) / 4u) * 4u;
  var four = vec4f();
  for (var lane = 0u; lane < min(4u, params.channels - channel); lane++) { four[lane] = logit(p[lane]); }
  result[index] = four;
}

fn logit(p: f32) -> f32 {
  return improper(p, params.least, params.factor * log(max(p, params.least)));
}
