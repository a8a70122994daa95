// Computes exclusive sums within blocks, in place, and the total of each block. A workgroup computes a block: every
// invocation sums eight neighbors, and the 256 sums are joined in steps of doubling distance (Hillis and Steele 1986).
//#include "scan.wgsl"

struct Params {
  count: u32,
}

const WORKGROUP_SIZE = 256u;
const EACH = BLOCK / WORKGROUP_SIZE;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> values: array<u32>;
@group(0) @binding(2) var<storage, read_write> totals: array<u32>;

var<workgroup> sums: array<u32, WORKGROUP_SIZE>;

//#workgroups ceilDiv(count, 2048)
@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) localIndex: u32, @builtin(workgroup_id) workgroupId: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let block = workgroupId.y * workgroupCount.x + workgroupId.x;
  let first = block * BLOCK + localIndex * EACH;
  var sumsBefore: array<u32, EACH>;
  var sum = 0u;
  for (var i = 0u; i < EACH; i++) {
    if (first + i < params.count) {
      sumsBefore[i] = sum;
      sum += values[first + i];
    }
  }
  sums[localIndex] = sum;
  workgroupBarrier();
  // Inclusive sums by doubling distances.
  for (var distance = 1u; distance < WORKGROUP_SIZE; distance *= 2u) {
    var before = 0u;
    if (localIndex >= distance) { before = sums[localIndex - distance]; }
    workgroupBarrier();
    sums[localIndex] += before;
    workgroupBarrier();
  }
  let offset = sums[localIndex] - sum;
  for (var i = 0u; i < EACH; i++) {
    if (first + i < params.count) { values[first + i] = sumsBefore[i] + offset; }
  }
  if (localIndex == WORKGROUP_SIZE - 1u && block * BLOCK < params.count) { totals[block] = sums[localIndex]; }
}
