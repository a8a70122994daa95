// Computes Gᵀ P G, which turns the gradient of U into the gradient of the weights; the adjoint of
// winograd.weights.wgsl. Each invocation computes a panel and input for half of the panel's outputs: index =
// (panel·inputs + i)·2 + half. See winograd.wgsl.
//#include "../shared/invocation.wgsl"

struct Params {
  panels: u32,
  // Inputs, padded to four.
  inputs: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [panels, 16, inputs, 8]
@group(0) @binding(1) var<storage, read> sums: array<vec4f>;
// layout panels: [panels, 3, 3, inputs, 8]
@group(0) @binding(2) var<storage, read_write> result: array<vec4f>;

//#invocations panels * inputs * 2
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  let elementStride = params.inputs * 2u;
  if (index >= params.panels * elementStride) { return; }
  let source = index / elementStride * 16u * elementStride + index % elementStride;
  let to = index / elementStride * 9u * elementStride + index % elementStride;
  // Gᵀ P, four columns of three.
  var rows: array<vec4f, 12>;
  for (var c = 0u; c < 4u; c++) {
    let at = source + c * elementStride;
    let upper = sums[at + 4u * elementStride];
    let lower = sums[at + 8u * elementStride];
    let sum = 0.5 * (upper + lower);
    rows[c] = sums[at] + sum;
    rows[4u + c] = 0.5 * (upper - lower);
    rows[8u + c] = sum + sums[at + 12u * elementStride];
  }
  for (var r = 0u; r < 3u; r++) {
    let sum = 0.5 * (rows[4u * r + 1u] + rows[4u * r + 2u]);
    let at = to + 3u * r * elementStride;
    result[at] = rows[4u * r] + sum;
    result[at + elementStride] = 0.5 * (rows[4u * r + 1u] - rows[4u * r + 2u]);
    result[at + 2u * elementStride] = sum + rows[4u * r + 3u];
  }
}
