// Products of packed operands, the inner loop of weight gradients and of minimal filtering:
//   result[panel][tap][4·quad + lane][8] (+)= Σ_{row, column} left[quad·quadStep + pixel][lane]·right[panel][row·columns + column][8],
//   pixel = (row·stride + tap / kernelWidth)·leftColumns + column·stride + tap % kernelWidth.
// Weight gradients have left = the convolution's input (lane: channel), right = the gradient of its output, and leave the
// result in layout panels. Where rightTap > 0 each tap has its own right operand, so many pixels further on, as the 16
// elements of minimal filtering have. Added to the result where accumulate = 1: windows of a map are summed in their order.
// One invocation 4 by 8 sums: index = (panel·taps + tap)·quads + quad; each sums all its products itself, so that any
// number of threads gives the same bits.
//#include "../shared/invocation.wgsl"
//#include "product.operands.wgsl"

//#invocations panels * taps * quads
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = invocation(id, groups);
  if (index >= params.panels * params.taps * params.quads) { return; }
  let quad = index % params.quads;
  let tap = index / params.quads % params.taps;
  let panel = index / (params.quads * params.taps);
  var low = mat4x4f();
  var high = mat4x4f();
  let first = quad * params.quadStep + tap / params.kernelWidth * params.leftColumns + tap % params.kernelWidth;
  var at = 2u * ((params.firstPanel + panel) * params.rows * params.columns + tap * params.rightTap);
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
  store(quad, tap, panel, 0u, low);
  store(quad, tap, panel, 1u, high);
}
