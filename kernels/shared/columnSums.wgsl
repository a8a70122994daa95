// Sums the rows of each block: result[block][c] = Σ values[row][c] over the rows that begin at block·blockRows. It is
// run again on its own result until one block is left. Blocks have a fixed length, so the bits do not depend on the
// number of threads, and summing in a tree keeps rounding small: ⌈log rows⌉ levels of blockRows terms. Each invocation
// computes a block's quad.
// The adjoint gives every row the same gradient. The kernel computes gradients of biases and sums matrices that come in
// parts.
//#include "invocation.wgsl"

struct Params {
  rows: u32,
  quads: u32,
  blockRows: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [rows, quads]
@group(0) @binding(1) var<storage, read> values: array<vec4f>;
// [blocks, quads]
@group(0) @binding(2) var<storage, read_write> result: array<vec4f>;

//#invocations ceilDiv(rows, blockRows) * quads
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  let first = index / params.quads * params.blockRows;
  if (first >= params.rows) { return; }
  let quad = index % params.quads;
  var sum = vec4f();
  for (var row = first; row < min(first + params.blockRows, params.rows); row++) {
    sum += values[row * params.quads + quad];
  }
  result[index] = sum;
}
