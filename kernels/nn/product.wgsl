// Products of packed operands, the inner loop of weight gradients and of minimal filtering:
//   result[panel][tap][4·quad + lane][8] (+)= Σ_{row, column} left[quad·quadStep + pixel][lane]·right[panel][row·columns + column][8],
//   pixel = (row·stride + tap / kernelWidth)·leftColumns + column·stride + tap % kernelWidth.
// Weight gradients have left = the convolution's input (lane: channel), right = the gradient of its output, and leave the
// result in layout panels. Where rightTap > 0 each tap has its own right operand, so many pixels further on, as the 16
// elements of minimal filtering have. Added to the result where accumulate = 1: windows of a map are summed in their order.
// One invocation 4 by 8 sums: index = (panel·taps + tap)·quads + quad; each sums all its products itself, so that any
// number of threads gives the same bits.
//#include "../shared/invocation.wgsl"

struct Params {
  panels: u32,
  taps: u32,
  quads: u32,
  kernelWidth: u32,
  rows: u32,
  columns: u32,
  stride: u32,
  leftColumns: u32,
  // Pixels from one quad of the left operand to the next.
  quadStep: u32,
  rightTap: u32,
  // The panel of the right operand that the result's first belongs to.
  firstPanel: u32,
  accumulate: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [quads, quadStep] quads
@group(0) @binding(1) var<storage, read> left: array<vec4f>;
// [panels, rows, columns, 2] quads
@group(0) @binding(2) var<storage, read> right: array<vec4f>;
// [panels, taps, 4·quads, 8]
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
  let first = quad * params.quadStep + tap / params.kernelWidth * params.leftColumns + tap % params.kernelWidth;
  var at = 2u * (panel * params.rows * params.columns + tap * params.rightTap);
  for (var row = 0u; row < params.rows; row++) {
    var pixel = first + row * params.stride * params.leftColumns;
    for (var column = 0u; column < params.columns; column++) {
      let x = left[pixel];
      let a = right[at];
      let b = right[at + 1u];
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
