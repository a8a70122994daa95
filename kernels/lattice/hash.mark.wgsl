// Marks the first entry of every vertex: flags[entry] = 1. The exclusive sum of the flags numbers the vertices in the
// order in which points first touch them.
// Precondition: all flags are zero.
//#include "../shared/invocation.wgsl"

struct Params {
  capacity: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> slots: array<u32>;
@group(0) @binding(2) var<storage, read_write> flags: array<u32>;

//#invocations capacity
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let slot = invocation(id, workgroupCount);
  if (slot >= params.capacity) { return; }
  let held = slots[slot];
  if (held > 0u) { flags[held - 1u] = 1u; }
}
