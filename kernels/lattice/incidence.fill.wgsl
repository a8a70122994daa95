// Makes the incidence lists from the entries sorted by vertex: incidence[i] = (point, bits of the barycentric weight),
// in point order within each vertex, and offsets[vertex] = where its list begins. offsets[vertices] = offsets[vertices
// + 1] = entries, which is an empty list for the row of zeros that stands for absent vertices. A vertex that is in no
// entry has an empty list, too. blockVertices has the vertices of entries 0, BLOCK, 2·BLOCK, …, by which splat finds the
// blocks of long lists. Precondition: offsets behind the last vertex that is in an entry hold `entries` already.
//#include "../shared/invocation.wgsl"
//#include "incidence.wgsl"

struct Params {
  entries: u32,
  vertices: u32,
}

const DIMENSIONS: u32 = 5u; // specialized

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> sortedVertices: array<u32>;
@group(0) @binding(2) var<storage, read> sortedOrder: array<u32>;
@group(0) @binding(3) var<storage, read> barycentric: array<f32>;
@group(0) @binding(4) var<storage, read_write> incidence: array<vec2u>;
@group(0) @binding(5) var<storage, read_write> offsets: array<u32>;
@group(0) @binding(6) var<storage, read_write> blockVertices: array<u32>;

//#invocations entries
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= params.entries) { return; }
  let entry = sortedOrder[index];
  incidence[index] = vec2u(entry / (DIMENSIONS + 1u), bitcast<u32>(barycentric[entry]));
  let vertex = sortedVertices[index];
  if (index % BLOCK == 0u) { blockVertices[index / BLOCK] = vertex; }
  var next = 0u;
  if (index > 0u) { next = sortedVertices[index - 1u] + 1u; }
  for (; next <= vertex; next++) { offsets[next] = index; }
  if (index == params.entries - 1u) {
    offsets[params.vertices] = params.entries;
    offsets[params.vertices + 1u] = params.entries;
  }
}
