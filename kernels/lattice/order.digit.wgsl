// Takes one coordinate of the vertices' keys as a digit to sort by: digits[i] = key_c mod 1024 of vertex order[i], with
// key_c = (d+1)·w_c + r (embed.wgsl). Coordinates that span more than 1024 wrap around, which costs locality and
// nothing else. identity ≠ 0 says that the order is 0, 1, 2, … and need not be read.
//#include "../shared/invocation.wgsl"

struct Params {
  vertices: u32,
  coordinate: u32,
  identity: u32,
}

const DIMENSIONS: u32 = 5u; // specialized
const WORDS = DIMENSIONS / 2u + 1u;

@group(0) @binding(0) var<uniform> params: Params;
// [vertices, words]
@group(0) @binding(1) var<storage, read> vertexKeys: array<u32>;
@group(0) @binding(2) var<storage, read> order: array<u32>;
@group(0) @binding(3) var<storage, read_write> digits: array<u32>;

//#invocations vertices
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= params.vertices) { return; }
  var vertex = index;
  if (params.identity == 0u) { vertex = order[index]; }
  let key = vertex * WORDS;
  let w = (vertexKeys[key + params.coordinate / 2u] >> (16u * (params.coordinate % 2u))) & 0xffffu;
  let remainder = (vertexKeys[key + WORDS - 1u] >> (16u * (DIMENSIONS % 2u))) & 15u;
  digits[index] = (w * (DIMENSIONS + 1u) + remainder) % 1024u;
}
