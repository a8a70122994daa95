// Copies a range of channels between maps with different numbers of channels: result[row, resultOffset + q] =
// values[row, valueOffset + q].
//#include "invocation.wgsl"

struct Params {
  rows: u32,
  // `quads` are copied. valueQuads and resultQuads are the lengths of rows, valueOffset and resultOffset the first
  // quads in them.
  quads: u32,
  valueQuads: u32,
  valueOffset: u32,
  resultQuads: u32,
  resultOffset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> result: array<vec4f>;

//#invocations rows * quads
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= params.rows * params.quads) { return; }
  let row = index / params.quads;
  let quad = index % params.quads;
  result[row * params.resultQuads + params.resultOffset + quad] = values[row * params.valueQuads + params.valueOffset + quad];
}
