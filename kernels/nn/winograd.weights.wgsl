// Computes U = G g Gᵀ for every pair of an input and an output: result[element][panel][i][8], with element = 4·row +
// column. Each invocation computes a panel and input for half of the panel's outputs: index = (panel·inputs + i)·2 +
// half. See winograd.wgsl.
//#include "../shared/invocation.wgsl"
//#include "weights.wgsl"

struct Params {
  panels: u32,
  // Inputs, padded to four.
  inputs: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// layout panels: [panels, 3, 3, inputs, 8], as they are or as halves
@group(0) @binding(1) var<storage, read> weights: array<vec4u>;
// [16, panels, inputs, 8]
@group(0) @binding(2) var<storage, read_write> result: array<vec4f>;

//#invocations panels * inputs * 2
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  let tapStride = params.inputs * 2u;
  if (index >= params.panels * tapStride) { return; }
  let source = index / tapStride * 9u * tapStride + index % tapStride;
  let elementStride = params.panels * tapStride;
  var g: array<vec4f, 9>;
  for (var tap = 0u; tap < 9u; tap++) {
    let at = source + tap * tapStride;
    g[tap] = quadOf(weights[wordsOf(at)], at);
  }
  // G g, three columns of four.
  var rows: array<vec4f, 12>;
  for (var c = 0u; c < 3u; c++) {
    let sum = 0.5 * (g[c] + g[6u + c]);
    let middle = 0.5 * g[3u + c];
    rows[c] = g[c];
    rows[3u + c] = sum + middle;
    rows[6u + c] = sum - middle;
    rows[9u + c] = g[6u + c];
  }
  for (var r = 0u; r < 4u; r++) {
    let sum = 0.5 * (rows[3u * r] + rows[3u * r + 2u]);
    let middle = 0.5 * rows[3u * r + 1u];
    let to = index + 4u * r * elementStride;
    result[to] = rows[3u * r];
    result[to + elementStride] = sum + middle;
    result[to + 2u * elementStride] = sum - middle;
    result[to + 3u * elementStride] = rows[3u * r + 2u];
  }
}
