// How many entries each vertex has in each band of points, whose entries were counted by blocks (incidence.count).
//#device wasm
//#include "../shared/invocation.wgsl"

struct Params {
  vertices: u32,
  blocks: u32,
  // How many of them a band has, but for the last one, which may have fewer.
  bandBlocks: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [blocks, vertices]
@group(0) @binding(1) var<storage, read> counts: array<u32>;
// [bands, vertices + 2]: the last two are 0.
@group(0) @binding(2) var<storage, read_write> totals: array<u32>;

//#invocations ceilDiv(blocks, bandBlocks) * (vertices + 2)
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  let stride = params.vertices + 2u;
  let vertex = index % stride;
  let first = index / stride * params.bandBlocks;
  if (first >= params.blocks) { return; }
  var total = 0u;
  if (vertex < params.vertices) {
    let end = min(first + params.bandBlocks, params.blocks);
    for (var block = first; block < end; block++) { total += counts[block * params.vertices + vertex]; }
  }
  totals[index] = total;
}
