// Takes the maxima of windows of 2×2 at stride 2, in ceil mode: result[y, x] = max of values[2y…2y+1, 2x…2x+1]. A
// window at the border may be cut. NaN is the maximum of its window. Each invocation computes a quad of the result.
// Adjoint: maxPool2d.pullback.
//#include "../shared/invocation.wgsl"
//#include "../shared/nan.wgsl"

struct Params {
  // Size of `values`.
  rows: u32,
  width: u32,
  quads: u32,
  // Quads in the bindings before the first row.
  valueSkip: u32,
  resultSkip: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [rows, width, quads]
@group(0) @binding(1) var<storage, read> values: array<vec4f>;
// [⌈rows/2⌉, ⌈width/2⌉, quads]
@group(0) @binding(2) var<storage, read_write> result: array<vec4f>;

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
  // If the border cuts a window, its last row or column is read twice.
  let right = select(0u, params.quads, x + 1u < params.width);
  let down = select(0u, params.width * params.quads, y + 1u < params.rows);
  let first = params.valueSkip + (y * params.width + x) * params.quads + quad;
  let upper = most4(values[first], values[first + right]);
  let lower = most4(values[first + down], values[first + down + right]);
  result[params.resultSkip + index] = most4(upper, lower);
}
