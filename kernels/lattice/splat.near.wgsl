// Splats one of the bands of points in which the lists of a lattice come (see `chooseBands`), whose rows stay in near caches: what splat makes of
// whole lists, for splat.add to go on with. A block that begins in one band and ends in another is gone on with there, to the same bits.
// On WASM the first eighth of the invocations reads the band's rows from front to back first.
// Each invocation computes a vertex's quad of channels; row `vertices` becomes zero.
//#device wasm
//#include "../shared/invocation.wgsl"
//#include "incidence.wgsl"
//#include "splat.sum.wgsl"

struct Params {
  vertices: u32,
  points: u32,
  band: u32,
  quads: u32,
  valueQuads: u32,
  valueOffset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [bands + 1, vertices + 2]: where each vertex's list begins, and then the part of it that each band has.
@group(0) @binding(1) var<storage, read> offsets: array<u32>;
@group(0) @binding(2) var<storage, read> incidence: array<vec2u>;
// [points, valueQuads]
@group(0) @binding(3) var<storage, read> values: array<vec4f>;
// [vertices + 1, quads]
@group(0) @binding(4) var<storage, read_write> result: array<vec4f>;
// [rows, quads]
@group(0) @binding(5) var<storage, read_write> sums: array<vec4f>;

//#invocations (vertices + 1) * quads
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  let vertex = index / params.quads;
  let quad = index % params.quads;
  if (vertex > params.vertices) { return; }
  let stride = params.vertices + 2u;
  let list = (params.band + 1u) * stride + vertex;
  var i = offsets[list];
  let end = offsets[list + 1u];
  if (params.band == 0u && i == end) { result[index] = vec4f(); }
  // How many pairs of the list the bands before have added.
  var count = 0u;
  for (var before = stride + vertex; before < list; before += stride) { count += offsets[before + 1u] - offsets[before]; }
  while (i < end) {
    let block = count / BLOCK;
    let filled = count % BLOCK;
    let stop = min(end, i + BLOCK - filled);
    var sum = vec4f();
    if (block == 0u) {
      if (filled > 0u) { sum = result[index]; }
      result[index] = sumOn(sum, i, stop, params.valueOffset + quad);
    } else {
      let row = (offsets[vertex] / BLOCK + block) * params.quads + quad;
      if (filled > 0u) { sum = sums[row]; }
      sums[row] = sumOn(sum, i, stop, params.valueOffset + quad);
    }
    count += stop - i;
    i = stop;
  }
}
