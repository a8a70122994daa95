// Computes exclusive sums within blocks, in place, and the total of each block. A workgroup computes a block. Its values go
// through workgroup memory, so that neighbors read neighbors, and each invocation adds up a run of EACH; the runs' sums
// are added up in groups, and the groups' sums one after the other, which takes few barriers.
//#include "scan.wgsl"

struct Params {
  count: u32,
}

// No more than the 128 invocations that WebGPU's compatibility mode allows.
const WORKGROUP_SIZE = 128u;
const EACH = BLOCK / WORKGROUP_SIZE;
const GROUP = 16u;
const GROUPS = WORKGROUP_SIZE / GROUP;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> values: array<u32>;
@group(0) @binding(2) var<storage, read_write> totals: array<u32>;

// [invocation, EACH]: a word between runs keeps invocations out of each other's banks.
var<workgroup> runs: array<array<u32, EACH + 1u>, WORKGROUP_SIZE>;
var<workgroup> sums: array<u32, WORKGROUP_SIZE>;
var<workgroup> groupSums: array<u32, GROUPS>;

//#workgroups ceilDiv(count, 2048)
@compute @workgroup_size(128)
fn main(@builtin(local_invocation_index) localIndex: u32, @builtin(workgroup_id) workgroupId: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let block = workgroupId.y * workgroupCount.x + workgroupId.x;
  let first = block * BLOCK;
  for (var i = 0u; i < EACH; i++) {
    let item = i * WORKGROUP_SIZE + localIndex;
    var value = 0u;
    if (first + item < params.count) { value = values[first + item]; }
    runs[item / EACH][item % EACH] = value;
  }
  workgroupBarrier();
  var sum = 0u;
  for (var i = 0u; i < EACH; i++) { sum += runs[localIndex][i]; }
  sums[localIndex] = sum;
  workgroupBarrier();
  if (localIndex < GROUPS) {
    var groupSum = 0u;
    for (var i = 0u; i < GROUP; i++) { groupSum += sums[localIndex * GROUP + i]; }
    groupSums[localIndex] = groupSum;
  }
  workgroupBarrier();
  let group = localIndex / GROUP;
  var before = 0u;
  for (var i = 0u; i < GROUPS; i++) { before += select(0u, groupSums[i], i < group); }
  for (var i = 0u; i < GROUP; i++) { before += select(0u, sums[group * GROUP + i], i < localIndex % GROUP); }
  for (var i = 0u; i < EACH; i++) {
    let value = runs[localIndex][i];
    runs[localIndex][i] = before;
    before += value;
  }
  if (localIndex == WORKGROUP_SIZE - 1u && first < params.count) { totals[block] = before; }
  workgroupBarrier();
  for (var i = 0u; i < EACH; i++) {
    let item = i * WORKGROUP_SIZE + localIndex;
    if (first + item < params.count) { values[first + item] = runs[item / EACH][item % EACH]; }
  }
}
