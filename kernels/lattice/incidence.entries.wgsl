// Takes the simplices' pairs apart into the vertex and the barycentric weight of every entry, as incidence.fill and the sort
// before it read them.
//#include "../shared/invocation.wgsl"

struct Params {
  entries: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> simplices: array<vec2u>;
@group(0) @binding(2) var<storage, read_write> vertexOfEntry: array<u32>;
@group(0) @binding(3) var<storage, read_write> barycentric: array<u32>;

//#invocations entries
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let entry = invocation(id, workgroupCount);
  if (entry >= params.entries) { return; }
  let pair = simplices[entry];
  vertexOfEntry[entry] = pair.x;
  barycentric[entry] = pair.y;
}
