// The gradient of a convolution's weights, from packed operands (convolution.pack.wgsl, winograd.input.wgsl):
//   result[panel][tap][i][8] (+)= Σ_{row, column} values[i / 4][pixel][i % 4]·gradient[panel][row·columns + column][8],
//   pixel = (row·stride + tap / kernelWidth)·valueColumns + column·stride + tap % kernelWidth.
// Added to the result where accumulate = 1: windows of a map are summed in their order. Where gradientTap > 0 each tap has
// a gradient of its own, so many pixels further on. One invocation 4 inputs by 8 outputs: index = (panel·taps + tap)·quads + quad.
// An invocation sums all its products itself: the same bits whatever the number of threads.
//#include "../shared/invocation.wgsl"

struct Params {
  panels: u32,
  taps: u32,
  // Of the inputs.
  quads: u32,
  kernelWidth: u32,
  rows: u32,
  columns: u32,
  stride: u32,
  valueColumns: u32,
  // Pixels from one quad of the values to the next.
  quadStep: u32,
  gradientTap: u32,
  // The panel of the gradient that the result's first belongs to.
  firstPanel: u32,
  accumulate: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [quads, quadStep] quads
@group(0) @binding(1) var<storage, read> values: array<vec4f>;
// [panels, rows, columns, 2] quads
@group(0) @binding(2) var<storage, read> gradient: array<vec4f>;
// layout panels: [panels, taps, channels padded, 8]
@group(0) @binding(3) var<storage, read_write> result: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = invocation(id, groups);
  if (index >= params.panels * params.taps * params.quads) { return; }
  let quad = index % params.quads;
  let tap = index / params.quads % params.taps;
  let panel = params.firstPanel + index / (params.quads * params.taps);
  var low = mat4x4f();
  var high = mat4x4f();
  let first = quad * params.quadStep + tap / params.kernelWidth * params.valueColumns + tap % params.kernelWidth;
  var at = 2u * (panel * params.rows * params.columns + tap * params.gradientTap);
  for (var row = 0u; row < params.rows; row++) {
    var pixel = first + row * params.stride * params.valueColumns;
    for (var column = 0u; column < params.columns; column++) {
      let x = values[pixel];
      let a = gradient[at];
      let b = gradient[at + 1u];
      low[0] += x.x * a;
      low[1] += x.y * a;
      low[2] += x.z * a;
      low[3] += x.w * a;
      high[0] += x.x * b;
      high[1] += x.y * b;
      high[2] += x.z * b;
      high[3] += x.w * b;
      pixel += params.stride;
      at += 2u;
    }
  }
  for (var lane = 0u; lane < 4u; lane++) {
    let to = index * 8u + 2u * lane;
    if (params.accumulate != 0u) {
      low[lane] += result[to];
      high[lane] += result[to + 1u];
    }
    result[to] = low[lane];
    result[to + 1u] = high[lane];
  }
}
