// Lists the vertices along each axis chain by chain, for blur.chains: a chain is a vertex without a first neighbor, its second neighbor, the
// second neighbor of that, and so on to a vertex that has none. Chains are in the order of their first vertices. Vertices without any neighbor are
// left out. Each workgroup lists the chains of an axis.
//#device wasm
//#include "chains.words.wgsl"

struct Params {
  vertices: u32,
  // Pairs of an axis of `neighbors`, and words of an axis of `chains`.
  axisLength: u32,
  chainLength: u32,
  dimensions: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [d + 1, axisLength]: each vertex's (first, second) on the axis.
@group(0) @binding(1) var<storage, read> neighbors: array<vec2u>;
// [d + 1, chainLength], of which vertices + 1 words are written.
@group(0) @binding(2) var<storage, read_write> chains: array<u32>;

const WORKGROUP_SIZE = 64u;
var<workgroup> lengths: array<u32, WORKGROUP_SIZE>;

//#workgroups dimensions + 1
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) localIndex: u32, @builtin(workgroup_id) workgroupId: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let axis = workgroupId.y * workgroupCount.x + workgroupId.x;
  let pairs = axis * params.axisLength;
  var place = axis * params.chainLength;
  let end = place + params.vertices + 1u;
  for (var first = 0u; first < params.vertices; first += WORKGROUP_SIZE) {
    let head = first + localIndex;
    lengths[localIndex] = lengthFrom(axis, head);
    workgroupBarrier();
    var at = place;
    for (var i = 0u; i < WORKGROUP_SIZE; i++) {
      if (i < localIndex) { at += lengths[i]; }
      place += lengths[i];
    }
    var vertex = head;
    for (var left = lengths[localIndex]; left > 0u; left--) {
      chains[at] = vertex | select(0u, LAST, left == 1u);
      at++;
      vertex = neighbors[pairs + vertex].y;
    }
    workgroupBarrier();
  }
  for (var at = place + localIndex; at < end; at += WORKGROUP_SIZE) { chains[at] = NO_VERTEX; }
}

// How many vertices the chain has that begins with this one: 0 where none does, or one that has no neighbor.
fn lengthFrom(axis: u32, head: u32) -> u32 {
  if (axis > params.dimensions || head >= params.vertices) { return 0u; }
  let pairs = axis * params.axisLength;
  let pair = neighbors[pairs + head];
  if (pair.x < params.vertices || pair.y == params.vertices) { return 0u; }
  var length = 1u;
  for (var vertex = pair.y; vertex < params.vertices; vertex = neighbors[pairs + vertex].y) { length++; }
  return length;
}
