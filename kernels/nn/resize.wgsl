// Resizes a map by bilinear interpolation: result = a + (b − a)·fx in two rows, and between them by fy. Each invocation
// computes a quad of the result. Adjoint: resize.pullback.
//#include "../shared/invocation.wgsl"
//#include "interpolation.wgsl"

struct Params {
  // Rows of the result in this range, and the number of the first of them.
  rows: u32,
  first: u32,
  // Size of the whole result.
  height: u32,
  width: u32,
  // Size of the whole map of values, and the number of the first row in the binding.
  valueHeight: u32,
  valueWidth: u32,
  valueFirst: u32,
  quads: u32,
  aligned: u32,
  // Quads in the bindings before the first row.
  valueSkip: u32,
  resultSkip: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [rows that the range is made of, valueWidth, quads]
@group(0) @binding(1) var<storage, read> values: array<vec4f>;
// [rows, width, quads]
@group(0) @binding(2) var<storage, read_write> result: array<vec4f>;

//#invocations rows * width * quads
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= params.rows * params.width * params.quads) { return; }
  let quad = index % params.quads;
  let pixel = index / params.quads;
  let perRow = denominatorOf(params.height, params.aligned);
  let perColumn = denominatorOf(params.width, params.aligned);
  let y = numeratorOf(params.first + pixel / params.width, params.valueHeight, params.height, params.aligned);
  let x = numeratorOf(pixel % params.width, params.valueWidth, params.width, params.aligned);
  let fy = f32(y % perRow) / f32(perRow);
  let fx = f32(x % perColumn) / f32(perColumn);
  // The next row or column is read only where it has a share.
  let right = select(0u, params.quads, x % perColumn > 0u);
  let down = select(0u, params.valueWidth * params.quads, y % perRow > 0u);
  let row = y / perRow - params.valueFirst;
  let first = params.valueSkip + (row * params.valueWidth + x / perColumn) * params.quads + quad;
  let upper = mixed(values[first], values[first + right], fx);
  let lower = mixed(values[first + down], values[first + down + right], fx);
  result[params.resultSkip + index] = mixed(upper, lower, fy);
}

fn mixed(a: vec4f, b: vec4f, share: f32) -> vec4f {
  return a + (b - a) * share;
}
