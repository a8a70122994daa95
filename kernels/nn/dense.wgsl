// Writes the values of a tensor without the padding of its rows, its axes in any order, as other runtimes want them:
// result[((m·size1 + l)·size2 + j)·size3 + k] = values[m·stride0 + l·stride1 + j·stride2 + k·stride3]. What follows the
// last number in its quad becomes 0. Each invocation computes a quad of the result. It has no adjoint: gradients do not
// pass to another runtime.
//#include "../shared/invocation.wgsl"

struct Params {
  // Numbers of the result.
  count: u32,
  // Sizes of the result's axes but the first.
  size1: u32,
  size2: u32,
  size3: u32,
  // Numbers in `values` from one index of an axis to the next.
  stride0: u32,
  stride1: u32,
  stride2: u32,
  stride3: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<f32>;
@group(0) @binding(2) var<storage, read_write> result: array<vec4f>;

//#invocations ceilDiv(count, 4)
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let quad = invocation(id, workgroupCount);
  if (quad * 4u >= params.count) { return; }
  var four = vec4f();
  for (var lane = 0u; lane < 4u; lane++) {
    let index = quad * 4u + lane;
    if (index >= params.count) { break; }
    let row = index / params.size3;
    let plane = row / params.size2;
    four[lane] = values[
      (plane / params.size1) * params.stride0 + (plane % params.size1) * params.stride1
        + (row % params.size2) * params.stride2 + (index % params.size3) * params.stride3
    ];
  }
  result[quad] = four;
}
