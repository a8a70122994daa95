// The vertex of every entry: vertices[entry] = the number in the entry's slot.
//#include "../shared/invocation.wgsl"

struct Params {
  entries: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> slots: array<u32>;
@group(0) @binding(2) var<storage, read> entrySlots: array<u32>;
@group(0) @binding(3) var<storage, read_write> vertices: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let entry = invocation(id, groups);
  if (entry >= params.entries) { return; }
  vertices[entry] = slots[entrySlots[entry]] - 1u;
}
