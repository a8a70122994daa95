// Finds the vertex of each of `entries` from firstEntry on: vertexOfEntry is the number in the entry's slot, and simplices
// = (vertex, bits of the barycentric weight), side by side as the slice reads them.
//#include "../shared/invocation.wgsl"

struct Params {
  entries: u32,
  firstEntry: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> slots: array<u32>;
// [all entries]
@group(0) @binding(2) var<storage, read> entrySlots: array<u32>;
@group(0) @binding(3) var<storage, read> barycentric: array<u32>;
// [entries]
@group(0) @binding(4) var<storage, read_write> vertexOfEntry: array<u32>;
@group(0) @binding(5) var<storage, read_write> simplices: array<vec2u>;

//#invocations entries
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let entry = invocation(id, workgroupCount);
  if (entry >= params.entries) { return; }
  let vertex = slots[entrySlots[params.firstEntry + entry]] - 1u;
  vertexOfEntry[entry] = vertex;
  simplices[entry] = vec2u(vertex, barycentric[params.firstEntry + entry]);
}
