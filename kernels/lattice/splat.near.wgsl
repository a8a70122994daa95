// Splats one of the bands of points in which the lists of a lattice come (see `chooseBands`): what splat.band does, of bands that are known
// beforehand and whose rows stay in near caches. Each vertex has the row of `sums` of its own number.
// On WASM each thread first reads its share of the band's rows from front to back.
//#device wasm
//#include "../shared/invocation.wgsl"
//#include "incidence.wgsl"
//#include "splat.sum.wgsl"
//#include "splat.carry.wgsl"

// As `bandPoints` of src/lattice/incidence.ts.
const BAND_POINTS = 32768u;

struct Params {
  vertices: u32,
  points: u32,
  band: u32,
  // How many levels of sums a row has.
  levels: u32,
  quads: u32,
  valueQuads: u32,
  valueOffset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [vertices + 2]: where the part of each vertex's list begins.
@group(0) @binding(1) var<storage, read> offsets: array<u32>;
@group(0) @binding(2) var<storage, read> incidence: array<vec2u>;
// [points, valueQuads]
@group(0) @binding(3) var<storage, read> values: array<vec4f>;
// [2, vertices, 2]: the `lists` of splat.band, before bands of even numbers and before those of odd ones.
@group(0) @binding(4) var<storage, read_write> lists: array<u32>;
// [vertices + 1, quads]
@group(0) @binding(5) var<storage, read_write> result: array<vec4f>;
// [vertices, levels, quads]
@group(0) @binding(6) var<storage, read_write> sums: array<vec4f>;

//#invocations (vertices + 1) * quads
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  let vertex = index / params.quads;
  let quad = index % params.quads;
  if (vertex > params.vertices) { return; }
  if (vertex == params.vertices || params.band == 0u) { result[index] = vec4f(); }
  if (vertex == params.vertices) { return; }
  let row = vertex * params.levels * params.quads + quad;
  let parity = params.band % 2u;
  let begin = offsets[vertex];
  let end = offsets[vertex + 1u];
  var count = 0u;
  if (params.band > 0u) { count = lists[2u * (parity * params.vertices + vertex)]; }
  if (quad == 0u) {
    let next = 2u * ((1u - parity) * params.vertices + vertex);
    lists[next] = count + end - begin;
    lists[next + 1u] = vertex;
  }
  count = bandOn(count, begin, end, row, index, params.valueOffset + quad);
  if ((params.band + 1u) * BAND_POINTS >= params.points && count > BLOCK) { close(count, row, index); }
}
