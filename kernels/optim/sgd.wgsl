// Stochastic gradient descent with momentum in Caffe's form (SGDSolver; Jia et al. 2014), in place:
//   v ← momentum·v + rate·(factor·g + decay·w);  w ← w − v.
// The rate is part of the velocity, so a changed rate affects only the gradients that come later. Each invocation
// computes one quad.
//#include "../shared/invocation.wgsl"

struct Params {
  // quads
  count: u32,
  rate: f32,
  momentum: f32,
  decay: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gradient: array<vec4f>;
// One quad. Its first number multiplies the gradient: 1, or the factor that clip computed.
@group(0) @binding(2) var<storage, read> factor: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> velocity: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> parameter: array<vec4f>;

//#invocations count
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= params.count) { return; }
  let w = parameter[index];
  let g = factor[0].x * gradient[index] + params.decay * w;
  let v = params.momentum * velocity[index] + params.rate * g;
  velocity[index] = v;
  parameter[index] = w - v;
}
