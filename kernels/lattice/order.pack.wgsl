// Packs each vertex's key into 64 bits, two words with the low one first: of every field (the coordinates w_i, the remainder,
// the image) the number field + offset, from bit `shift` on. The host knows from order.ranges how many bits each field needs,
// and leaves out what has no room: a shift of 64 or more packs nothing.
//#device wasm
//#include "../shared/invocation.wgsl"

struct Params {
  vertices: u32,
}

const DIMENSIONS: u32 = 5u; // specialized
const WORDS = DIMENSIONS / 2u + 1u;
const TAG_SHIFT = 16u * (DIMENSIONS % 2u);

@group(0) @binding(0) var<uniform> params: Params;
// [vertices, words]
@group(0) @binding(1) var<storage, read> vertexKeys: array<u32>;
// [d + 2, 2]: offset and shift of each field.
@group(0) @binding(2) var<storage, read> fields: array<u32>;
// [vertices, 2]
@group(0) @binding(3) var<storage, read_write> packedKeys: array<u32>;

// `value` of less than 32 bits, moved to bit `shift` of 64.
fn placed(value: u32, shift: u32) -> vec2u {
  if (shift >= 64u) { return vec2u(); }
  if (shift >= 32u) { return vec2u(0u, value << (shift - 32u)); }
  if (shift == 0u) { return vec2u(value, 0u); }
  return vec2u(value << shift, value >> (32u - shift));
}

//#invocations vertices
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let vertex = invocation(id, workgroupCount);
  if (vertex >= params.vertices) { return; }
  let tag = vertexKeys[(vertex + 1u) * WORDS - 1u] >> TAG_SHIFT;
  var packed = vec2u();
  for (var field = 0u; field < DIMENSIONS + 2u; field++) {
    var value = 0u;
    if (field < DIMENSIONS) {
      value = (vertexKeys[vertex * WORDS + field / 2u] >> (16u * (field % 2u))) & 0xffffu;
    } else if (field == DIMENSIONS) {
      value = tag & 15u;
    } else {
      value = tag >> 4u;
    }
    packed |= placed(value + fields[2u * field], fields[2u * field + 1u]);
  }
  packedKeys[2u * vertex] = packed.x;
  packedKeys[2u * vertex + 1u] = packed.y;
}
