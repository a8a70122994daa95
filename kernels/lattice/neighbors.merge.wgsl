// Finds the neighbors that neighbors.wgsl finds, without a table, where the packed keys of all vertices (order.pack) are in
// order by remainder and then by themselves: a neighbor's packed key is the vertex's own plus a step, which is one for vertices of remainder 0
// and another one for all others. Every field of a coordinate has a number to spare on either side, so that no step carries
// into the next field. WASM walks along two lists at once, as a merge does; here each invocation searches by halves.
//
// neighbors[axis, vertex] = (first, second); `vertices` stands for an absent neighbor.
// Precondition: neighbors are filled with `vertices`.
//#device wasm
//#include "../shared/invocation.wgsl"

struct Params {
  vertices: u32,
  // Stride, in pairs, from one axis to the next: vertices + 1, rounded up so that each axis can be bound by itself.
  axisLength: u32,
}

const DIMENSIONS: u32 = 5u; // specialized
const COORDINATES = DIMENSIONS + 1u;

@group(0) @binding(0) var<uniform> params: Params;
// [vertices, 2], sorted
@group(0) @binding(1) var<storage, read> packedKeys: array<u32>;
// [vertices]: which vertex each key is of.
@group(0) @binding(2) var<storage, read> order: array<u32>;
// [remainder 0 or not, d + 1, 2]
@group(0) @binding(3) var<storage, read> steps: array<u32>;
// [d + 1, axisLength, 2]
@group(0) @binding(4) var<storage, read_write> neighbors: array<u32>;

fn packedKey(vertex: u32) -> vec2u {
  return vec2u(packedKeys[2u * vertex], packedKeys[2u * vertex + 1u]);
}

// The lowest four bits.
fn remainderOf(key: vec2u) -> u32 {
  return key.x & 15u;
}

// Lists are in order by remainder first.
fn isBefore(a: vec2u, b: vec2u) -> bool {
  if (remainderOf(a) != remainderOf(b)) { return remainderOf(a) < remainderOf(b); }
  return a.y < b.y || (a.y == b.y && a.x < b.x);
}

//#invocations vertices
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= params.vertices) { return; }
  let own = packedKey(index);
  let first = select(COORDINATES, 0u, remainderOf(own) == 0u);
  for (var axis = 0u; axis < COORDINATES; axis++) {
    let at = 2u * (first + axis);
    let low = own.x + steps[at];
    let wanted = vec2u(low, own.y + steps[at + 1u] + select(0u, 1u, low < own.x));
    var begin = 0u;
    var end = params.vertices;
    while (begin < end) {
      let middle = (begin + end) / 2u;
      if (isBefore(packedKey(middle), wanted)) { begin = middle + 1u; } else { end = middle; }
    }
    if (begin < params.vertices && all(packedKey(begin) == wanted)) {
      let row = axis * params.axisLength;
      neighbors[(row + order[index]) * 2u] = order[begin];
      neighbors[(row + order[begin]) * 2u + 1u] = order[index];
    }
  }
}
