// Where the entries of each block go that have a vertex: behind those of the blocks of the same band before, from where the vertex's list
// begins there; and the vertices of every BLOCK-th pair of whole lists, as incidence.fill gives them.
//#device wasm
//#include "../shared/invocation.wgsl"
//#include "incidence.wgsl"

struct Params {
  vertices: u32,
  blocks: u32,
  // How many of them a band has, but for the last one, which may have fewer.
  bandBlocks: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [bands, vertices + 2]: where each list begins, among those of all bands.
@group(0) @binding(1) var<storage, read> offsets: array<u32>;
// [vertices + 2]: where each whole list begins, or would begin if lists did not come in bands.
@group(0) @binding(2) var<storage, read> lists: array<u32>;
// [blocks, vertices]: counts of entries, which become the places of the first ones.
@group(0) @binding(3) var<storage, read_write> starts: array<u32>;
@group(0) @binding(4) var<storage, read_write> blockVertices: array<u32>;

//#invocations ceilDiv(blocks, bandBlocks) * vertices
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  let vertex = index % params.vertices;
  let band = index / params.vertices;
  let first = band * params.bandBlocks;
  if (first >= params.blocks) { return; }
  var place = offsets[band * (params.vertices + 2u) + vertex];
  let end = min(first + params.bandBlocks, params.blocks);
  for (var block = first; block < end; block++) {
    let at = block * params.vertices + vertex;
    let count = starts[at];
    starts[at] = place;
    place += count;
  }
  if (band > 0u) { return; }
  for (var row = (lists[vertex] + BLOCK - 1u) / BLOCK; row * BLOCK < lists[vertex + 1u]; row++) { blockVertices[row] = vertex; }
}
