// Looks up the vertex of every entry in a finished table, which holds 1 + the number of a vertex in each occupied slot: so entries
// of points come to their vertices again, a band at a time, without having been kept. vertexOfEntry is the vertex, and
// simplices = (vertex, bits of the barycentric weight), as hash.find writes them.
// Preconditions: every key is in the table, and slotMask + 1 is a power of two.
//#include "../shared/invocation.wgsl"
//#include "hash.wgsl"

struct Params {
  entries: u32,
  slotMask: u32,
}

const DIMENSIONS: u32 = 5u; // specialized
const WORDS = DIMENSIONS / 2u + 1u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> slots: array<u32>;
// [vertices, words]
@group(0) @binding(2) var<storage, read> vertexKeys: array<u32>;
// [entries, words]
@group(0) @binding(3) var<storage, read> keys: array<u32>;
// [entries]
@group(0) @binding(4) var<storage, read> barycentric: array<u32>;
@group(0) @binding(5) var<storage, read_write> vertexOfEntry: array<u32>;
@group(0) @binding(6) var<storage, read_write> simplices: array<vec2u>;

//#invocations entries
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let entry = invocation(id, workgroupCount);
  if (entry >= params.entries) { return; }
  var state = 0u;
  for (var k = 0u; k < WORDS; k++) { state = hashWord(state, keys[entry * WORDS + k]); }
  var slot = hashEnd(state) & params.slotMask;
  loop {
    let held = slots[slot];
    // An empty slot would end the search for a key that is not there.
    if (held == 0u) { return; }
    let vertex = held - 1u;
    var same = true;
    for (var k = 0u; k < WORDS; k++) { same = same && vertexKeys[vertex * WORDS + k] == keys[entry * WORDS + k]; }
    if (same) {
      vertexOfEntry[entry] = vertex;
      simplices[entry] = vec2u(vertex, barycentric[entry]);
      return;
    }
    slot = (slot + 1u) & params.slotMask;
  }
}
