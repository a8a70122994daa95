// Replaces the entry in each occupied slot by 1 + the number of its vertex, and writes the vertex's key.
//#include "../shared/invocation.wgsl"

struct Params {
  capacity: u32,
}

const DIMENSIONS: u32 = 5u; // specialized
const WORDS = DIMENSIONS / 2u + 1u;

@group(0) @binding(0) var<uniform> params: Params;
// [entries]: number of vertices first touched before the entry.
@group(0) @binding(1) var<storage, read> numbers: array<u32>;
// [entries, words]
@group(0) @binding(2) var<storage, read> keys: array<u32>;
@group(0) @binding(3) var<storage, read_write> slots: array<u32>;
// [vertices, words]
@group(0) @binding(4) var<storage, read_write> vertexKeys: array<u32>;

//#invocations capacity
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let slot = invocation(id, workgroupCount);
  if (slot >= params.capacity) { return; }
  let held = slots[slot];
  if (held == 0u) { return; }
  let entry = held - 1u;
  let vertex = numbers[entry];
  slots[slot] = vertex + 1u;
  for (var k = 0u; k < WORDS; k++) { vertexKeys[vertex * WORDS + k] = keys[entry * WORDS + k]; }
}
