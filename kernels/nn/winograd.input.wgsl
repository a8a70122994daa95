// V = Bᵀ d B of the tiles of a band: d the four by four pixels from 2·tile − padding on, zeros outside the map and behind
// the last tile. Packed for convolution.product.wgsl, by four tiles and a quad of channels:
//   turned = 1: result[element][tile quad][channel][tile of the quad], left operand of the products with U;
//   turned = 0: result[element][channel quad][tile][channel of the quad], left operand of the gradient of U.
// One invocation four tiles and a quad of channels: index = tile quad·quads + quad. See winograd.wgsl.
//#include "../shared/invocation.wgsl"
//#include "winograd.wgsl"

struct Params {
  height: u32,
  width: u32,
  quads: u32,
  padding: i32,
  tileRows: u32,
  tileColumns: u32,
  firstTile: u32,
  tiles: u32,
  turned: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [images, height, width, channels], rows padded
@group(0) @binding(1) var<storage, read> values: array<vec4f>;
// [16, ⌈tiles / 4⌉, 4·quads] or [16, quads, 4·⌈tiles / 4⌉] quads
@group(0) @binding(2) var<storage, read_write> result: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = invocation(id, groups);
  let tileQuads = (params.tiles + 3u) / 4u;
  if (index >= tileQuads * params.quads) { return; }
  let quad = index % params.quads;
  let tileQuad = index / params.quads;
  let to = 4u * select(quad * tileQuads + tileQuad, index, params.turned != 0u);
  // A row of Bᵀ takes two rows of a patch.
  row(to, 0u, 4u * tileQuad, quad, 0, 2, -1.0);
  row(to, 1u, 4u * tileQuad, quad, 1, 2, 1.0);
  row(to, 2u, 4u * tileQuad, quad, 2, 1, -1.0);
  row(to, 3u, 4u * tileQuad, quad, 1, 3, -1.0);
}

// Four elements of four tiles.
fn row(to: u32, number: u32, tile: u32, quad: u32, upper: i32, lower: i32, factor: f32) {
  let a = columns(tile, quad, upper, lower, factor);
  let b = columns(tile + 1u, quad, upper, lower, factor);
  let c = columns(tile + 2u, quad, upper, lower, factor);
  let d = columns(tile + 3u, quad, upper, lower, factor);
  let step = (params.tiles + 3u) / 4u * params.quads * 4u;
  let at = to + 4u * number * step;
  store(at, mat4x4f(a[0] - a[2], b[0] - b[2], c[0] - c[2], d[0] - d[2]));
  store(at + step, mat4x4f(a[1] + a[2], b[1] + b[2], c[1] + c[2], d[1] + d[2]));
  store(at + 2u * step, mat4x4f(a[2] - a[1], b[2] - b[1], c[2] - c[1], d[2] - d[1]));
  store(at + 3u * step, mat4x4f(a[1] - a[3], b[1] - b[3], c[1] - c[3], d[1] - d[3]));
}

fn store(at: u32, four: mat4x4f) {
  var turned = four;
  if (params.turned != 0u) { turned = transpose(four); }
  result[at] = turned[0];
  result[at + 1u] = turned[1];
  result[at + 2u] = turned[2];
  result[at + 3u] = turned[3];
}

// Row `upper` plus `factor` times row `lower` of a tile's patch.
fn columns(number: u32, quad: u32, upper: i32, lower: i32, factor: f32) -> mat4x4f {
  if (number >= params.tiles) { return mat4x4f(); }
  let tile = tileAt(params.firstTile + number, params.tileRows, params.tileColumns);
  let y = i32(tile.y) - params.padding;
  let x = i32(tile.x) - params.padding;
  return pixels(tile.image, y + upper, x, quad) + factor * pixels(tile.image, y + lower, x, quad);
}

// Four pixels of a row.
fn pixels(image: u32, y: i32, x: i32, quad: u32) -> mat4x4f {
  if (y < 0 || y >= i32(params.height)) { return mat4x4f(); }
  let row = i32((image * params.height + u32(y)) * params.width);
  return mat4x4f(pixel(row, x, quad), pixel(row, x + 1, quad), pixel(row, x + 2, quad), pixel(row, x + 3, quad));
}

fn pixel(row: i32, x: i32, quad: u32) -> vec4f {
  if (x < 0 || x >= i32(params.width)) { return vec4f(); }
  return values[u32(row + x) * params.quads + quad];
}
