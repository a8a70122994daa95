// Adds to each value the total of all blocks before its own. This is the second half of an exclusive sum; scan.blocks
// is the first.
//#include "invocation.wgsl"
//#include "scan.wgsl"

struct Params {
  count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> totals: array<u32>;
@group(0) @binding(2) var<storage, read_write> values: array<u32>;

//#invocations count
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index < params.count) { values[index] += totals[index / BLOCK]; }
}
