// Computes Z = A y Aᵀ for a range of tiles, where y is the two by two pixels of a gradient. This is the adjoint of
// winograd.output.wgsl. The products of Z with V, summed over tiles, are the gradient of U (product.wgsl). Pixels
// outside the map and tiles behind the last one count as zeros. The result is packed as the right operand of
// product.wgsl: result[element][panel][tile][8], in blocks of tiles: all elements of the tiles of one block, then those of
// the next.
// Each invocation computes a tile and quad: index = tile·2·panels + quad, with a whole number of four tiles a block. See
// winograd.wgsl.
//#include "../shared/invocation.wgsl"
//#include "winograd.wgsl"

struct Params {
  // Quads of `gradient` before the first pixel.
  gradientSkip: u32,
  height: u32,
  width: u32,
  quads: u32,
  panels: u32,
  tileRows: u32,
  tileColumns: u32,
  firstTile: u32,
  tiles: u32,
  // Tiles of a block. What fills its last four counts as zeros.
  blockTiles: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [images, height, width, channels], rows padded
@group(0) @binding(1) var<storage, read> gradient: array<vec4f>;
// [blocks, 16, panels, 4·⌈blockTiles / 4⌉, 8]
@group(0) @binding(2) var<storage, read_write> result: array<vec4f>;

//#invocations 4 * ceilDiv(tiles, blockTiles) * ceilDiv(blockTiles, 4) * panels * 2
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  let resultQuads = 2u * params.panels;
  let rows = paddedTiles();
  let blocks = (params.tiles + params.blockTiles - 1u) / params.blockTiles;
  if (index >= blocks * rows * resultQuads) { return; }
  let quad = index % resultQuads;
  let block = index / (rows * resultQuads);
  let number = index / resultQuads % rows;
  let end = min(params.blockTiles, params.tiles - block * params.blockTiles);
  let tile = tileAt(params.firstTile + block * params.blockTiles + number, params.tileRows, params.tileColumns);
  let inside = number < end && quad < params.quads;
  let a = pixel(inside, tile, 0u, 0u, quad);
  let b = pixel(inside, tile, 0u, 1u, quad);
  let c = pixel(inside, tile, 1u, 0u, quad);
  let d = pixel(inside, tile, 1u, 1u, quad);
  let to = ((16u * block * params.panels + quad / 2u) * rows + number) * 2u + quad % 2u;
  row(to, 0u, a, b);
  row(to, 1u, a + c, b + d);
  row(to, 2u, a - c, b - d);
  row(to, 3u, -c, -d);
}

fn paddedTiles() -> u32 {
  return (params.blockTiles + 3u) / 4u * 4u;
}

fn pixel(inside: bool, tile: Tile, y: u32, x: u32, quad: u32) -> vec4f {
  let found = inside && tile.y + y < params.height && tile.x + x < params.width;
  let at = (tile.image * params.height + tile.y + y) * params.width + tile.x + x;
  return select(vec4f(), gradient[params.gradientSkip + select(0u, at * params.quads + quad, found)], found);
}

fn row(to: u32, number: u32, p: vec4f, q: vec4f) {
  let elementStride = paddedTiles() * params.panels * 2u;
  let at = to + 4u * number * elementStride;
  result[at] = p;
  result[at + elementStride] = p + q;
  result[at + 2u * elementStride] = p - q;
  result[at + 3u * elementStride] = -q;
}
