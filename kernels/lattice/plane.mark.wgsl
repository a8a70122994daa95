// Flags the cells in which points of a plane have vertices. The exclusive sum of the flags is the number of each vertex.
// Precondition: all flags are zero.
//#device wasm
//#include "../shared/invocation.wgsl"

struct Params {
  entries: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [points, 3]: cells and weights, as plane.embed gives them.
@group(0) @binding(1) var<storage, read> simplices: array<vec2u>;
// [cells]
@group(0) @binding(2) var<storage, read_write> flags: array<atomic<u32>>;

//#invocations entries
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let entry = invocation(id, workgroupCount);
  if (entry < params.entries) { atomicStore(&flags[simplices[entry].x], 1u); }
}
