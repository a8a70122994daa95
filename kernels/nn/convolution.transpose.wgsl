// Transposes the weights of a convolution, for its adjoint: inputs and outputs change places and the taps come in
// reverse,
//   result[i, o, ty, tx] = weights[o, i, kernelHeight − 1 − ty, kernelWidth − 1 − tx].
// Both are in layout panels. Each invocation transposes a block of 8 by 8: index = (panel·taps + tap)·resultPanels +
// result panel. `weights` and `result` may be ranges of panels: those of outputs from 8·firstPanel on and of inputs
// from 8·firstResultPanel on.
//#include "../shared/invocation.wgsl"

struct Params {
  // Sizes of `weights`.
  channels: u32,
  outputs: u32,
  taps: u32,
  firstPanel: u32,
  panels: u32,
  firstResultPanel: u32,
  resultPanels: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [panels, taps, channels padded, 8]
@group(0) @binding(1) var<storage, read> weights: array<vec4f>;
// [resultPanels, taps, outputs padded, 8]
@group(0) @binding(2) var<storage, read_write> result: array<vec4f>;

//#invocations panels * taps * resultPanels
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= params.panels * params.taps * params.resultPanels) { return; }
  let resultPanel = index % params.resultPanels;
  let tap = index / params.resultPanels % params.taps;
  let panel = index / (params.resultPanels * params.taps);
  let channels = (params.channels + 3u) / 4u * 4u;
  let outputs = (params.outputs + 3u) / 4u * 4u;
  let input = 8u * (params.firstResultPanel + resultPanel);
  let output = 8u * (params.firstPanel + panel);
  let block = ((panel * params.taps + tap) * channels + input) * 2u;
  let transposed = ((resultPanel * params.taps + params.taps - 1u - tap) * outputs + output) * 2u;
  // The last panel may be only half full, in the weights as well as in the result.
  let rows = min(8u, channels - input);
  let columns = min(8u, outputs - output);
  for (var half = 0u; half < columns / 4u; half++) {
    let a = quarter(block + half, 0u, rows);
    let b = quarter(block + half, 4u, rows);
    for (var lane = 0u; lane < 4u; lane++) {
      let at = transposed + (half * 4u + lane) * 2u;
      result[at] = vec4f(a[0][lane], a[1][lane], a[2][lane], a[3][lane]);
      result[at + 1u] = vec4f(b[0][lane], b[1][lane], b[2][lane], b[3][lane]);
    }
  }
}

// Four rows of four weights, from row `first` of a block on.
fn quarter(block: u32, first: u32, rows: u32) -> mat4x4f {
  if (first >= rows) { return mat4x4f(); }
  let at = block + first * 2u;
  return mat4x4f(weights[at], weights[at + 2u], weights[at + 4u], weights[at + 6u]);
}
