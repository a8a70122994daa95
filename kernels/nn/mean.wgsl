// Finishes means whose columns are summed (columnSums): result = factor·sums, quad by quad, or, where `lanes` is 1, the
// sum of a quad's four lanes: (factor·(x + y + z + w), 0, 0, 0). Each invocation computes a quad. Adjoint: mean.pullback.
//#include "../shared/invocation.wgsl"

struct Params {
  // quads
  count: u32,
  lanes: u32,
  factor: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> sums: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> result: array<vec4f>;

//#invocations count
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= params.count) { return; }
  var four = params.factor * sums[index];
  if (params.lanes != 0u) { four = vec4f((four.x + four.z) + (four.y + four.w), 0.0, 0.0, 0.0); }
  result[index] = four;
}
