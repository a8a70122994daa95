// Blurs along one axis as blur does, to the same bits, and in place: values += ½·(first neighbor + second neighbor). It goes along chains of
// neighbors (chains.wgsl), so that each row is fetched once in place of three times, and rows without neighbors not at all.
// The invocation of a chain's first word and a quad of channels goes along the whole chain.
//#device wasm
//#include "../shared/invocation.wgsl"
//#include "chains.words.wgsl"

struct Params {
  vertices: u32,
  quads: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [vertices + 1]: those of this axis.
@group(0) @binding(1) var<storage, read> chains: array<u32>;
// [vertices + 1, quads], of which the last row is zero.
@group(0) @binding(2) var<storage, read_write> values: array<vec4f>;

//#invocations vertices * quads
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= params.vertices * params.quads) { return; }
  var at = index / params.quads;
  let quad = index % params.quads;
  if (chains[at] == NO_VERTEX) { return; }
  if (at > 0u && !endsChain(chains[at - 1u])) { return; }
  var first = vec4f();
  var last = false;
  while (!last) {
    let word = chains[at];
    last = endsChain(word);
    let own = vertexOf(word) * params.quads + quad;
    var second = vec4f();
    if (!last) { second = values[vertexOf(chains[at + 1u]) * params.quads + quad]; }
    let value = values[own];
    values[own] = value + 0.5 * (first + second);
    first = value;
    at++;
  }
}
