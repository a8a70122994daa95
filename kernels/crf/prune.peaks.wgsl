// Finds how large each class gets in a block of rows: of logits (`logits` is 1) how near it comes to the largest of its row,
// max over rows of x − max x, of marginals the largest. The host takes the largest of all blocks. Each invocation computes a
// block; padding is 0.
//#include "../shared/invocation.wgsl"
//#include "../shared/nan.wgsl"
//#include "../shared/quads.wgsl"

struct Params {
  rows: u32,
  channels: u32,
  blockRows: u32,
  logits: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [rows, channels], rows padded
@group(0) @binding(1) var<storage, read> values: array<vec4f>;
// [blocks, channels], rows padded
@group(0) @binding(2) var<storage, read_write> result: array<vec4f>;

//#invocations ceilDiv(rows, blockRows)
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let block = invocation(id, workgroupCount);
  let first = block * params.blockRows;
  if (first >= params.rows) { return; }
  let quads = (params.channels + 3u) / 4u;
  for (var row = first; row < min(first + params.blockRows, params.rows); row++) {
    var largest = 0.0;
    if (params.logits != 0u) {
      // Padding lanes are no candidates for the maximum.
      var highest = vec4f(values[row * quads].x);
      for (var q = 0u; q < quads; q++) {
        let value = values[row * quads + q];
        highest = most4(highest, select(value.xxxx, value, channelsIn(q, params.channels)));
      }
      largest = most(most(highest.x, highest.y), most(highest.z, highest.w));
    }
    for (var q = 0u; q < quads; q++) {
      let value = values[row * quads + q] - largest;
      let before = select(result[block * quads + q], value, row == first);
      result[block * quads + q] = select(vec4f(), most4(before, value), channelsIn(q, params.channels));
    }
  }
}
