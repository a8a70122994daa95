// Finds how far the coordinates of all vertices' keys reach: ranges[2i] = 65535 − the least w_i, ranges[2i + 1] = the largest
// w_i (embed.wgsl), so that both are found by a maximum.
// Precondition: all ranges are zero.
//#device wasm
//#include "../shared/invocation.wgsl"

struct Params {
  vertices: u32,
}

const DIMENSIONS: u32 = 5u; // specialized
const WORDS = DIMENSIONS / 2u + 1u;

@group(0) @binding(0) var<uniform> params: Params;
// [vertices, words]
@group(0) @binding(1) var<storage, read> vertexKeys: array<u32>;
// [d, 2]
@group(0) @binding(2) var<storage, read_write> ranges: array<atomic<u32>>;

//#invocations vertices
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let vertex = invocation(id, workgroupCount);
  if (vertex >= params.vertices) { return; }
  for (var i = 0u; i < DIMENSIONS; i++) {
    let w = (vertexKeys[vertex * WORDS + i / 2u] >> (16u * (i % 2u))) & 0xffffu;
    atomicMax(&ranges[2u * i], 0xffffu - w);
    atomicMax(&ranges[2u * i + 1u], w);
  }
}
