// Splats: result[vertex] = Σ weight·values[point] over the first block of the vertex's incidence list, in point order, and
// sums[row] the same over each further block (incidence.wgsl), which splat.add adds. Gathering along the lists, instead
// of adding to vertices from points, needs no float atomics and gives the same bits in every run. Each invocation
// computes a vertex's quad of channels, or a block's; row `vertices` becomes zero.
// Splatting is the adjoint of slicing without its factor.
//#include "../shared/invocation.wgsl"
//#include "incidence.wgsl"
//#include "splat.sum.wgsl"

struct Params {
  vertices: u32,
  points: u32,
  // Rows of sums: 0 if no list is longer than a block.
  rows: u32,
  // `quads` is the number of quads in this pass. valueQuads is the row length of `values`, valueOffset the first quad
  // in it.
  quads: u32,
  valueQuads: u32,
  valueOffset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> offsets: array<u32>;
// [entries / BLOCK]: the vertices of entries 0, BLOCK, 2·BLOCK, …
@group(0) @binding(2) var<storage, read> blockVertices: array<u32>;
@group(0) @binding(3) var<storage, read> incidence: array<vec2u>;
// [points, valueQuads]
@group(0) @binding(4) var<storage, read> values: array<vec4f>;
// [vertices + 1, quads]
@group(0) @binding(5) var<storage, read_write> result: array<vec4f>;
// [rows, quads]
@group(0) @binding(6) var<storage, read_write> sums: array<vec4f>;

//#invocations (vertices + 1 + rows) * quads
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  let row = index / params.quads;
  let quad = params.valueOffset + index % params.quads;
  if (row <= params.vertices) {
    let first = offsets[row];
    result[index] = sumOn(vec4f(), first, min(first + BLOCK, offsets[row + 1u]), quad);
  } else if (row <= params.vertices + params.rows) {
    let ofSums = row - params.vertices - 1u;
    let vertex = blockVertices[ofSums];
    let first = offsets[vertex];
    let block = blockOf(vec2u(first, offsets[vertex + 1u] - first), ofSums);
    if (block.x < block.y) { sums[index - (params.vertices + 1u) * params.quads] = sumOn(vec4f(), block.x, block.y, quad); }
  }
}
