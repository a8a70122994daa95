// Computes the gradient of maxPool2d's values: the gradient of each window goes to its maximum, the first in row-major
// order where several are equal, as in Caffe and PyTorch. The maximum is computed again from the values, so that no map
// of winners is stored. Windows do not overlap, so each invocation, one for each quad of the pooled map, writes the up
// to four pixels of its own window. NaN is the maximum of its window, and its gradient is NaN.
//#include "../shared/invocation.wgsl"
//#include "../shared/nan.wgsl"

struct Params {
  // Size of `values`.
  rows: u32,
  width: u32,
  quads: u32,
  // Quads in the bindings before the first row; valueGradient lies as values do.
  valueSkip: u32,
  gradientSkip: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [rows, width, quads]
@group(0) @binding(1) var<storage, read> values: array<vec4f>;
// [⌈rows/2⌉, ⌈width/2⌉, quads]
@group(0) @binding(2) var<storage, read> gradient: array<vec4f>;
// [rows, width, quads]
@group(0) @binding(3) var<storage, read_write> valueGradient: array<vec4f>;

//#invocations ceilDiv(rows, 2) * ceilDiv(width, 2) * quads
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  let width = (params.width + 1u) / 2u;
  if (index >= (params.rows + 1u) / 2u * width * params.quads) { return; }
  let quad = index % params.quads;
  let pixel = index / params.quads;
  let y = pixel / width * 2u;
  let x = pixel % width * 2u;
  let hasRight = x + 1u < params.width;
  let hasDown = y + 1u < params.rows;
  let first = params.valueSkip + (y * params.width + x) * params.quads + quad;
  let right = first + select(0u, params.quads, hasRight);
  let down = first + select(0u, params.width * params.quads, hasDown);
  let diagonal = right + down - first;
  // A pixel that is read twice is not greater than itself, so the first of equal places wins.
  var best = values[first];
  var winner = vec4u();
  let second = values[right];
  winner = select(winner, vec4u(1u), exceeds(second, best));
  best = most4(best, second);
  let third = values[down];
  winner = select(winner, vec4u(2u), exceeds(third, best));
  best = most4(best, third);
  let fourth = values[diagonal];
  winner = select(winner, vec4u(3u), exceeds(fourth, best));
  best = most4(best, fourth);
  let g = select(gradient[params.gradientSkip + index], best, isNan4(best));
  valueGradient[first] = select(vec4f(), g, winner == vec4u());
  if (hasRight) { valueGradient[right] = select(vec4f(), g, winner == vec4u(1u)); }
  if (hasDown) { valueGradient[down] = select(vec4f(), g, winner == vec4u(2u)); }
  if (hasRight && hasDown) { valueGradient[diagonal] = select(vec4f(), g, winner == vec4u(3u)); }
}

// Whether a pixel takes the place of the maximum so far: NaN does, unless the maximum is NaN.
fn exceeds(pixel: vec4f, best: vec4f) -> vec4<bool> {
  return ((pixel > best) | isNan4(pixel)) & !isNan4(best);
}
