// Writes the vertices' new numbers into the slots of the hash table: 1 + vertex becomes 1 + vertexNumbers[vertex].
//#device wasm
//#include "../shared/invocation.wgsl"

struct Params {
  capacity: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> vertexNumbers: array<u32>;
@group(0) @binding(2) var<storage, read_write> slots: array<u32>;

//#invocations capacity
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let slot = invocation(id, workgroupCount);
  if (slot >= params.capacity) { return; }
  let held = slots[slot];
  if (held > 0u) { slots[slot] = vertexNumbers[held - 1u] + 1u; }
}
