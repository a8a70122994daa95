// Exclusive sum within blocks of 2048, in place, and the total of each block.
// One workgroup a block: every invocation sums eight neighbors, and steps of doubling distances (Hillis and Steele 1986) join the
// 256 sums.
//#include "invocation.wgsl"

struct Params {
  count: u32,
}

const BLOCK = 2048u;
const LANES = 256u;
const EACH = BLOCK / LANES;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> values: array<u32>;
@group(0) @binding(2) var<storage, read_write> totals: array<u32>;

var<workgroup> sums: array<u32, LANES>;

//#workgroups ceilDiv(count, 2048)
@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let block = group.y * groups.x + group.x;
  let first = block * BLOCK + lane * EACH;
  var own: array<u32, EACH>;
  var sum = 0u;
  for (var i = 0u; i < EACH; i++) {
    if (first + i < params.count) {
      own[i] = sum;
      sum += values[first + i];
    }
  }
  sums[lane] = sum;
  workgroupBarrier();
  // Inclusive sums by doubling distances.
  for (var distance = 1u; distance < LANES; distance *= 2u) {
    var before = 0u;
    if (lane >= distance) { before = sums[lane - distance]; }
    workgroupBarrier();
    sums[lane] += before;
    workgroupBarrier();
  }
  let offset = sums[lane] - sum;
  for (var i = 0u; i < EACH; i++) {
    if (first + i < params.count) { values[first + i] = own[i] + offset; }
  }
  if (lane == LANES - 1u && block * BLOCK < params.count) { totals[block] = sums[lane]; }
}
