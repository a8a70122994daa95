// Compares marginals before and after an iteration: for each block of rows the largest |ΔQ|, the sum of |ΔQ|, the number of
// rows whose most probable class is another one, and 0. Of equal classes the first is the most probable. The host adds up
// the blocks in float64. Each invocation computes a block, whose length is fixed, so the bits do not depend on threads.
//#include "../shared/invocation.wgsl"
//#include "../shared/nan.wgsl"
//#include "../shared/quads.wgsl"

struct Params {
  rows: u32,
  channels: u32,
  blockRows: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [rows, channels], rows padded
@group(0) @binding(1) var<storage, read> before: array<vec4f>;
@group(0) @binding(2) var<storage, read> after: array<vec4f>;
// [blocks]
@group(0) @binding(3) var<storage, read_write> result: array<vec4f>;

//#invocations ceilDiv(rows, blockRows)
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let block = invocation(id, workgroupCount);
  let first = block * params.blockRows;
  if (first >= params.rows) { return; }
  let quads = (params.channels + 3u) / 4u;
  var largest = vec4f();
  var sum = vec4f();
  var changed = 0.0;
  for (var row = first; row < min(first + params.blockRows, params.rows); row++) {
    var highest = vec2f(before[row * quads].x, after[row * quads].x);
    var labels = vec2u();
    for (var q = 0u; q < quads; q++) {
      let was = before[row * quads + q];
      let is = after[row * quads + q];
      let difference = abs(is - was);
      sum += difference;
      largest = most4(largest, difference);
      for (var lane = 0u; lane < min(4u, params.channels - q * 4u); lane++) {
        let higher = vec2f(was[lane], is[lane]) > highest;
        highest = select(highest, vec2f(was[lane], is[lane]), higher);
        labels = select(labels, vec2u(q * 4u + lane), higher);
      }
    }
    changed += select(0.0, 1.0, labels.x != labels.y);
  }
  let total = sumLanes(sum);
  let whole = most(most(largest.x, largest.y), most(largest.z, largest.w));
  // Which class is the most probable is not known where a marginal is not finite.
  result[block] = vec4f(whole, total, tainted(changed, total), 0.0);
}
