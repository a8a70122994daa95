// Leads entries to where hash.move moved their keys: an entry's slot becomes what its old slot holds. Entries that have none
// yet (hash.insert) stay without.
//#include "../shared/invocation.wgsl"

struct Params {
  entries: u32,
}

const none = 0xffffffffu;

@group(0) @binding(0) var<uniform> params: Params;
// The old slots, with the numbers of the new ones.
@group(0) @binding(1) var<storage, read> slots: array<u32>;
@group(0) @binding(2) var<storage, read_write> entrySlots: array<u32>;

//#invocations entries
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let entry = invocation(id, workgroupCount);
  if (entry >= params.entries) { return; }
  let slot = entrySlots[entry];
  if (slot != none) { entrySlots[entry] = slots[slot]; }
}
