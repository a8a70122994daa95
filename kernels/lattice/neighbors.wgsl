// Finds the two neighbors of every vertex on each of the d + 1 axes. The first neighbor on axis j < d has all
// coordinates − 1 except for coordinate j, which has + d; on axis d it has all coordinates − 1. The second neighbor is
// the opposite (Adams et al. 2010, section 4, blur). As a pair (w, r) of embed.wgsl the first neighbor is (w + unit_j,
// r − 1), or (w − 1 + unit_j, d) if r = 0. One look-up finds it. The vertex found has this vertex as its second
// neighbor, which saves the other look-up.
//
// neighbors[axis, vertex] = (first, second); `vertices` stands for an absent neighbor.
// Preconditions: neighbors are filled with `vertices`, and slots are as hash.number leaves them.
//#include "../shared/invocation.wgsl"
//#include "hash.wgsl"

struct Params {
  vertices: u32,
  // Stride, in pairs, from one axis to the next: vertices + 1, rounded up so that each axis can be bound by itself.
  axisLength: u32,
  slotMask: u32,
}

const DIMENSIONS: u32 = 5u; // specialized
const COORDINATES = DIMENSIONS + 1u;
const WORDS = DIMENSIONS / 2u + 1u;
const TAG_SHIFT = 16u * (DIMENSIONS % 2u);

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> slots: array<u32>;
// [vertices, words]
@group(0) @binding(2) var<storage, read> vertexKeys: array<u32>;
// [d + 1, axisLength, 2]
@group(0) @binding(3) var<storage, read_write> neighbors: array<u32>;

//#invocations vertices * (dimensions + 1)
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= params.vertices * COORDINATES) { return; }
  let vertex = index / COORDINATES;
  let axis = index % COORDINATES;

  var key: array<u32, WORDS>;
  for (var k = 0u; k < WORDS; k++) { key[k] = vertexKeys[vertex * WORDS + k]; }
  let remainder = (key[WORDS - 1u] >> TAG_SHIFT) & 15u;
  if (remainder == 0u) {
    for (var i = 0u; i < DIMENSIONS; i++) { key[i / 2u] -= 1u << (16u * (i % 2u)); }
    key[WORDS - 1u] += DIMENSIONS << TAG_SHIFT;
  } else {
    key[WORDS - 1u] -= 1u << TAG_SHIFT;
  }
  if (axis < DIMENSIONS) { key[axis / 2u] += 1u << (16u * (axis % 2u)); }

  var state = 0u;
  for (var k = 0u; k < WORDS; k++) { state = hashWord(state, key[k]); }
  var slot = hashEnd(state) & params.slotMask;
  loop {
    let held = slots[slot];
    if (held == 0u) { return; }
    let other = held - 1u;
    var same = true;
    for (var k = 0u; k < WORDS; k++) { same = same && vertexKeys[other * WORDS + k] == key[k]; }
    if (same) {
      let row = axis * params.axisLength;
      neighbors[(row + vertex) * 2u] = other;
      neighbors[(row + other) * 2u + 1u] = vertex;
      return;
    }
    slot = (slot + 1u) & params.slotMask;
  }
}
