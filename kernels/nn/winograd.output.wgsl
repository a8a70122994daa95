// Computes Y = Aᵀ M A for a range of tiles, which gives two by two pixels of the result each: result = act(bias + Y),
// with act as in convolution.wgsl. Each invocation computes a tile and quad: index = tile·quads + quad. See
// winograd.wgsl.
//#include "../shared/invocation.wgsl"
//#include "winograd.wgsl"
//#include "epilogue.wgsl"

struct Params {
  // Quads of `result` before the first pixel.
  resultSkip: u32,
  height: u32,
  width: u32,
  quads: u32,
  tileRows: u32,
  tileColumns: u32,
  firstTile: u32,
  tiles: u32,
  biased: u32,
  relu: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [panels, 16, 4·⌈tiles / 4⌉, 8]
@group(0) @binding(1) var<storage, read> products: array<vec4f>;
// [channels]
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
// [images, height, width, channels], rows padded
@group(0) @binding(3) var<storage, read_write> result: array<vec4f>;

//#invocations tiles * quads
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= params.tiles * params.quads) { return; }
  let quad = index % params.quads;
  let number = index / params.quads;
  let tile = tileAt(params.firstTile + number, params.tileRows, params.tileColumns);
  let elementStride = (params.tiles + 3u) / 4u * 8u;
  let at = quad / 2u * 16u * elementStride + number * 2u + quad % 2u;
  let m0 = row(at, elementStride);
  let m1 = row(at + 4u * elementStride, elementStride);
  let m2 = row(at + 8u * elementStride, elementStride);
  let m3 = row(at + 12u * elementStride, elementStride);
  let a = m0 + m1 + m2;
  let b = m1 - m2 - m3;
  store(tile, 0u, 0u, quad, a[0] + a[1] + a[2]);
  store(tile, 0u, 1u, quad, a[1] - a[2] - a[3]);
  store(tile, 1u, 0u, quad, b[0] + b[1] + b[2]);
  store(tile, 1u, 1u, quad, b[1] - b[2] - b[3]);
}

fn row(at: u32, elementStride: u32) -> mat4x4f {
  return mat4x4f(products[at], products[at + elementStride], products[at + 2u * elementStride], products[at + 3u * elementStride]);
}

fn store(tile: Tile, y: u32, x: u32, quad: u32, sum: vec4f) {
  // The last row or column of tiles may reach one pixel beyond the result.
  if (tile.y + y >= params.height || tile.x + x >= params.width) { return; }
  let pixel = (tile.image * params.height + tile.y + y) * params.width + tile.x + x;
  result[params.resultSkip + pixel * params.quads + quad] = epilogue(sum, quad);
}
