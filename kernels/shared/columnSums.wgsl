// Sums over the rows of each block: result[block][c] = Σ values[row][c], rows block·blockRows…; run again on its own result
// until one block is left. Blocks of a fixed length keep the sums the same bits for any number of threads, and their tree
// keeps rounding small: ⌈log rows⌉ levels of blockRows terms. One invocation a block and quad.
// Adjoint: every row the same. Gradients of biases, and of a matrix from its pieces.
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
