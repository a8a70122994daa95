// Computes V = Bᵀ d B for a range of tiles. d is the four by four pixels that begin at 2·tile − padding; pixels outside
// the map and tiles behind the last one count as zeros. The result is packed as a left operand of product.wgsl:
//   rowsAreTiles = 1: result[element][panel of four tiles][channel][tile of the panel], for the products with U;
//   rowsAreTiles = 0: result[element][quad of channels][tile][channel of the quad], for the gradient of U,
// in blocks of tiles: all elements of the tiles of one block, then those of the next.
// Each invocation computes a tile and a quad of channels: index = (tilePanel·quads + quad)·4 + tile of the panel, where the panels
// of a block follow those of the block before. See
// winograd.wgsl. Pixels are loaded without branches, because lavapipe took 43 s to compile a version with branches.
//#include "../shared/invocation.wgsl"
//#include "winograd.wgsl"

struct Params {
  // Quads of `values` before the first pixel.
  valueSkip: u32,
  height: u32,
  width: u32,
  quads: u32,
  paddingY: i32,
  paddingX: i32,
  tileRows: u32,
  tileColumns: u32,
  firstTile: u32,
  tiles: u32,
  // Tiles of a block. What fills its last panel of four counts as zeros.
  blockTiles: u32,
  rowsAreTiles: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [images, height, width, channels], rows padded
@group(0) @binding(1) var<storage, read> values: array<vec4f>;
// [blocks, 16, ⌈blockTiles / 4⌉, 4·quads, 4] or [blocks, 16, quads, 4·⌈blockTiles / 4⌉, 4]
@group(0) @binding(2) var<storage, read_write> result: array<f32>;

//#invocations 4 * ceilDiv(tiles, blockTiles) * ceilDiv(blockTiles, 4) * quads
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  let blockPanels = (params.blockTiles + 3u) / 4u;
  let blocks = (params.tiles + params.blockTiles - 1u) / params.blockTiles;
  if (index >= blocks * blockPanels * params.quads * 4u) { return; }
  let lane = index % 4u;
  let quad = index / 4u % params.quads;
  let tilePanel = index / (4u * params.quads);
  let block = tilePanel / blockPanels;
  let number = 4u * (tilePanel % blockPanels) + lane;
  let end = min(params.blockTiles, params.tiles - block * params.blockTiles);
  let tile = tileAt(params.firstTile + block * params.blockTiles + number, params.tileRows, params.tileColumns);
  let x = i32(tile.x) - params.paddingX;
  // Behind the last tile there are no pixels.
  let y = select(-4, i32(tile.y) - params.paddingY, number < end);
  let a = pixels(tile.image, y, x, quad);
  let b = pixels(tile.image, y + 1, x, quad);
  let c = pixels(tile.image, y + 2, x, quad);
  let d = pixels(tile.image, y + 3, x, quad);
  let panel = tilePanel % blockPanels;
  let inBlock = select((quad * blockPanels + panel) * 16u + lane * 4u, (panel * params.quads + quad) * 16u + lane, params.rowsAreTiles != 0u);
  let to = block * blockPanels * params.quads * 256u + inBlock;
  row(to, 0u, a - c);
  row(to, 1u, b + c);
  row(to, 2u, c - b);
  row(to, 3u, b - d);
}

// Four elements of a row of Bᵀ d.
fn row(to: u32, number: u32, t: mat4x4f) {
  let elementStride = (params.blockTiles + 3u) / 4u * params.quads * 16u;
  let at = to + 4u * number * elementStride;
  store(at, t[0] - t[2]);
  store(at + elementStride, t[1] + t[2]);
  store(at + 2u * elementStride, t[2] - t[1]);
  store(at + 3u * elementStride, t[1] - t[3]);
}

fn store(at: u32, element: vec4f) {
  let channelStride = select(1u, 4u, params.rowsAreTiles != 0u);
  result[at] = element.x;
  result[at + channelStride] = element.y;
  result[at + 2u * channelStride] = element.z;
  result[at + 3u * channelStride] = element.w;
}

// Four pixels of a row.
fn pixels(image: u32, y: i32, x: i32, quad: u32) -> mat4x4f {
  let inside = y >= 0 && y < i32(params.height);
  let row = (image * params.height + u32(max(y, 0))) * params.width;
  return mat4x4f(
    pixel(inside, row, x, quad),
    pixel(inside, row, x + 1, quad),
    pixel(inside, row, x + 2, quad),
    pixel(inside, row, x + 3, quad),
  );
}

fn pixel(inside: bool, row: u32, x: i32, quad: u32) -> vec4f {
  let found = inside && x >= 0 && x < i32(params.width);
  let four = values[params.valueSkip + select(0u, (row + u32(max(x, 0))) * params.quads + quad, found)];
  return select(vec4f(), four, found);
}
