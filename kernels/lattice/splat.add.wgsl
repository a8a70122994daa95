// Adds the sums of further blocks of incidence lists (incidence.wgsl) to what splat made of the first ones: the first block of
// each vertex's list of sums of this level to result[vertex], and each further block to the sums of the next level, for
// which this kernel runs again. Each invocation computes a quad of channels of one row of sums, of this level or of the
// next; most rows of this level do not begin a vertex's list and have nothing to do.
//#include "../shared/invocation.wgsl"
//#include "incidence.wgsl"

struct Params {
  // 1 for the sums that splat made.
  level: u32,
  // How many entries lie between those whose vertices are asked for: BLOCK^(level − 1), in blocks.
  blockStride: u32,
  // Where this level's rows begin, how many there are, and how many the next level has behind them.
  firstRow: u32,
  rows: u32,
  nextRows: u32,
  quads: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> offsets: array<u32>;
@group(0) @binding(2) var<storage, read> blockVertices: array<u32>;
// [rows of all levels, quads]
@group(0) @binding(3) var<storage, read_write> sums: array<vec4f>;
// [vertices + 1, quads]
@group(0) @binding(4) var<storage, read_write> result: array<vec4f>;

fn listOf(vertex: u32) -> vec2u {
  let first = offsets[vertex];
  var list = vec2u(first, offsets[vertex + 1u] - first);
  for (var level = 0u; level < params.level; level++) { list = sumsOf(list); }
  return list;
}

// Four rows are loaded at a time and added one after the other, as splat does.
fn sumOf(block: vec2u, quad: u32) -> vec4f {
  var sum = vec4f();
  let quads = params.quads;
  var at = (params.firstRow + block.x) * quads + quad;
  var left = block.y - block.x;
  for (var four = 0u; four < BLOCK / 4u; four++) {
    if (left < 4u) { break; }
    let a = sums[at];
    let b = sums[at + quads];
    let c = sums[at + 2u * quads];
    let d = sums[at + 3u * quads];
    sum += a;
    sum += b;
    sum += c;
    sum += d;
    at += 4u * quads;
    left -= 4u;
  }
  for (var rest = 0u; rest < 3u; rest++) {
    if (rest >= left) { break; }
    sum += sums[at + rest * quads];
  }
  return sum;
}

//#invocations (rows + nextRows) * quads
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  let row = index / params.quads;
  let quad = index % params.quads;
  if (row < params.rows) {
    let vertex = blockVertices[row * params.blockStride];
    let list = listOf(vertex);
    if (row != list.x || list.y == 0u) { return; }
    let own = vertex * params.quads + quad;
    result[own] += sumOf(vec2u(row, row + min(list.y, BLOCK)), quad);
  } else if (row < params.rows + params.nextRows) {
    let next = row - params.rows;
    let block = blockOf(listOf(blockVertices[next * params.blockStride * BLOCK]), next);
    if (block.x < block.y) { sums[(params.firstRow + row) * params.quads + quad] = sumOf(block, quad); }
  }
}
