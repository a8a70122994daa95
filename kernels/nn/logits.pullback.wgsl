// Computes the gradient of the probabilities that `logits` takes: factor·g/p, and 0 where the logarithm is that of
// `least`. Of one channel it is factor·(g₁/p − g₀/(1 − p)), g being the gradient of both logits. NaN and what is no
// probability give NaN. Each invocation computes a quad.
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
@group(0) @binding(2) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> valueGradient: array<vec4f>;

//#invocations count
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= params.count) { return; }
  let p = values[index];
  let g = gradient[index];
  if (params.stacked != 0u) {
    valueGradient[index] = vec4f(share(p.x, g.y) - share(1.0 - p.x, g.x), 0.0, 0.0, 0.0);
    return;
  }
  let channel = (params.first + index) % ((params.channels + 3u) / 4u) * 4u;
  var four = vec4f();
  for (var lane = 0u; lane < min(4u, params.channels - channel); lane++) { four[lane] = share(p[lane], g[lane]); }
  valueGradient[index] = four;
}

fn share(p: f32, g: f32) -> f32 {
  return improper(p, params.least, select(0.0, params.factor * g / max(p, params.least), p >= params.least));
}
