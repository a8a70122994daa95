// Sums outer products over the rows of each block, as partial sums of a matrix's gradient: result[block][o][c] = Σ
// a[row][o]·b[row][c] over the rows that begin at block·blockRows. columnSums adds the partial sums. Blocks have a
// fixed length and one invocation computes a row o and a quad of c, so the bits do not depend on the number of threads.
//#include "invocation.wgsl"

struct Params {
  rows: u32,
  channels: u32,
  blockRows: u32,
  factor: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [rows, channels], rows padded
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<vec4f>;
// [blocks, channels, channels], rows padded
@group(0) @binding(3) var<storage, read_write> result: array<vec4f>;

//#invocations ceilDiv(rows, blockRows) * channels * ceilDiv(channels, 4)
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  let quads = (params.channels + 3u) / 4u;
  let size = params.channels * quads;
  let block = index / size;
  let first = block * params.blockRows;
  if (first >= params.rows) { return; }
  let o = index % size / quads;
  let quad = index % quads;
  var sum = vec4f();
  for (var row = first; row < min(first + params.blockRows, params.rows); row++) {
    sum += a[row * quads * 4u + o] * b[row * quads + quad];
  }
  result[index] = params.factor * sum;
}
