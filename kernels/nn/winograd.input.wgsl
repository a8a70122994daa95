// V = Bᵀ d B of the tiles of a window: d the four by four pixels from 2·tile − padding on, zeros outside the map.
// result[element·tiles·quads + tile·tileStep + quad·quadStep]: tile by tile for convolution.wgsl, quad by quad for
// convolution.weights.wgsl. One invocation a tile and quad: index = tile·quads + quad. See winograd.wgsl.
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
  tileStep: u32,
  quadStep: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [images, height, width, channels], rows padded
@group(0) @binding(1) var<storage, read> values: array<vec4f>;
// [16, tiles, quads] or [16, quads, tiles]
@group(0) @binding(2) var<storage, read_write> result: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = invocation(id, groups);
  if (index >= params.tiles * params.quads) { return; }
  let quad = index % params.quads;
  let number = index / params.quads;
  let tile = tileAt(params.firstTile + number, params.tileRows, params.tileColumns);
  let y = i32(tile.y) - params.padding;
  let x = i32(tile.x) - params.padding;
  let to = number * params.tileStep + quad * params.quadStep;
  // A row of Bᵀ takes two rows of the patch.
  row(to, 0u, pixels(tile.image, y, x, quad), pixels(tile.image, y + 2, x, quad), -1.0);
  row(to, 1u, pixels(tile.image, y + 1, x, quad), pixels(tile.image, y + 2, x, quad), 1.0);
  row(to, 2u, pixels(tile.image, y + 2, x, quad), pixels(tile.image, y + 1, x, quad), -1.0);
  row(to, 3u, pixels(tile.image, y + 1, x, quad), pixels(tile.image, y + 3, x, quad), -1.0);
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

fn row(to: u32, number: u32, a: mat4x4f, b: mat4x4f, factor: f32) {
  let t = a + factor * b;
  let step = params.tiles * params.quads;
  let at = to + 4u * number * step;
  result[at] = t[0] - t[2];
  result[at + step] = t[1] + t[2];
  result[at + 2u * step] = t[2] - t[1];
  result[at + 3u * step] = t[1] - t[3];
}
