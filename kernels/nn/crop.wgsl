// Copies a window of an image: result[y, x] = values[y + top, x + left] where that lies inside, else 0. Cropping and
// padding are the same kernel, and the adjoint is the kernel with −top and −left. Each invocation computes a quad of
// the result.
//#include "../shared/invocation.wgsl"

struct Params {
  // Size of `values`: rows in the binding and pixels in a row.
  valueRows: u32,
  valueWidth: u32,
  // Size of `result`.
  rows: u32,
  width: u32,
  quads: u32,
  top: i32,
  left: i32,
  // Quads in the bindings before the first row.
  valueSkip: u32,
  resultSkip: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [valueRows, valueWidth, quads]
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
  let y = i32(pixel / params.width) + params.top;
  let x = i32(pixel % params.width) + params.left;
  var value = vec4f();
  if (y >= 0 && y < i32(params.valueRows) && x >= 0 && x < i32(params.valueWidth)) {
    value = values[params.valueSkip + (u32(y) * params.valueWidth + u32(x)) * params.quads + quad];
  }
  result[params.resultSkip + index] = value;
}
