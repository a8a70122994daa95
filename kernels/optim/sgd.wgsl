// Stochastic gradient descent with momentum in Caffe's form (SGDSolver; Jia et al. 2014), in place:
//   v ← momentum·v + rate·(factor·g + decay·w);  w ← w − v.
// The rate is part of the velocity: changing it changes later gradients' share only. One invocation a quad.
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
// One quad, of which the first counts: 1, or what clip makes of the gradients' norm.
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
