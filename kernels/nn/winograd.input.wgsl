// Computes V = Bᵀ d B for a range of tiles. d is the four by four pixels that begin at 2·tile − padding; pixels outside
// the map and tiles behind the last one count as zeros. The result is packed as a left operand of product.wgsl:
//   rowsAreTiles = 1: result[element][panel of four tiles][channel][tile of the panel], for the products with U;
//   rowsAreTiles = 0: result[element][quad of channels][tile][channel of the quad], for the gradient of U,
// in blocks of tiles: all elements of the tiles of one block, then those of the next.
// Each invocation computes four numbers of each element, which lie side by side in the result: for the products with U
// those of a channel of four tiles, else those of a tile's quad of channels. index = (tilePanel·quads + quad)·4 + channel of
// the quad, or tile of the panel, where the panels of a block follow those of the block before. See winograd.wgsl. Pixels
// are loaded one number at a time, and stored by fours: neighbors read neighboring channels. There are no branches,
// because lavapipe took 43 s to compile a version with branches.
//#include "../shared/invocation.wgsl"
//#include "winograd.wgsl"

const HALVES: u32 = 0u; // specialized

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
// [images, height, width, channels], rows padded, as they are or as halves
@group(0) @binding(1) var<storage, read> values: array<u32>;
// [blocks, 16, ⌈blockTiles / 4⌉, 4·quads, 4] or [blocks, 16, quads, 4·⌈blockTiles / 4⌉, 4]
@group(0) @binding(2) var<storage, read_write> result: array<vec4f>;

//#invocations 4 * ceilDiv(tiles, blockTiles) * ceilDiv(blockTiles, 4) * quads
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  let blockPanels = (params.blockTiles + 3u) / 4u;
  let blocks = (params.tiles + params.blockTiles - 1u) / params.blockTiles;
  if (index >= blocks * blockPanels * params.quads * 4u) { return; }
  let lane = index % 4u;
  let quad = index / 4u % params.quads;
  let block = index / (4u * params.quads * blockPanels);
  let panel = index / (4u * params.quads) % blockPanels;
  let first = block * params.blockTiles;

  // The four tiles, which are one and the same for a quad of channels.
  let ofTiles = params.rowsAreTiles != 0u;
  let step = select(0u, 1u, ofTiles);
  let number = 4u * panel + select(lane, 0u, ofTiles);
  let t0 = tileAt(params.firstTile + first + number, params.tileRows, params.tileColumns);
  let t1 = following(t0, step);
  let t2 = following(t1, step);
  let t3 = following(t2, step);
  let channels = 4u * quad + select(vec4u(0u, 1u, 2u, 3u), vec4u(lane), ofTiles);
  // Behind the last tile of a block there are no pixels.
  let end = min(params.blockTiles, params.tiles - first);
  let beyond = number + step * vec4u(0u, 1u, 2u, 3u) >= vec4u(end);
  let y = select(vec4i(vec4u(t0.y, t1.y, t2.y, t3.y)) - params.paddingY, vec4i(-4), beyond);
  let x = vec4i(vec4u(t0.x, t1.x, t2.x, t3.x)) - params.paddingX;
  let firsts = vec4u(t0.image, t1.image, t2.image, t3.image) * params.height;
  let a = pixels(firsts, y, x, channels);
  let b = pixels(firsts, y + 1, x, channels);
  let c = pixels(firsts, y + 2, x, channels);
  let d = pixels(firsts, y + 3, x, channels);
  let inBlock = select(quad * blockPanels + panel, panel * params.quads + quad, ofTiles) * 4u + lane;
  let to = block * 16u * elementStride() + inBlock;
  row(to, 0u, a - c);
  row(to, 1u, b + c);
  row(to, 2u, c - b);
  row(to, 3u, b - d);
}

// Vectors of an element of a block.
fn elementStride() -> u32 {
  return (params.blockTiles + 3u) / 4u * params.quads * 4u;
}

// The tile behind another one, if `step` is 1.
fn following(tile: Tile, step: u32) -> Tile {
  let x = tile.x + 2u * step;
  let newRow = x == 2u * params.tileColumns;
  let y = tile.y + select(0u, 2u, newRow);
  let newImage = y == 2u * params.tileRows;
  return Tile(tile.image + select(0u, 1u, newImage), select(y, 0u, newImage), select(x, 0u, newRow));
}

// Four elements of a row of Bᵀ d.
fn row(to: u32, number: u32, t: mat4x4f) {
  let at = to + 4u * number * elementStride();
  result[at] = t[0] - t[2];
  result[at + elementStride()] = t[1] + t[2];
  result[at + 2u * elementStride()] = t[2] - t[1];
  result[at + 3u * elementStride()] = t[1] - t[3];
}

// Four pixels of a row, each for four tiles, or for a tile four times. `firsts` are the numbers of the images' first rows.
fn pixels(firsts: vec4u, y: vec4i, x: vec4i, channels: vec4u) -> mat4x4f {
  let nearest = clamp(y, vec4i(), vec4i(i32(params.height) - 1));
  let begin = 4u * (params.valueSkip + (firsts + vec4u(nearest)) * params.width * params.quads) + channels;
  let inside = y == nearest;
  return mat4x4f(pixel(inside, begin, x), pixel(inside, begin, x + 1), pixel(inside, begin, x + 2), pixel(inside, begin, x + 3));
}

// For a pixel outside the map the nearest inside is loaded, and replaced.
fn pixel(inside: vec4<bool>, begin: vec4u, x: vec4i) -> vec4f {
  let nearest = clamp(x, vec4i(), vec4i(i32(params.width) - 1));
  let at = begin + vec4u(nearest) * params.quads * 4u;
  return select(vec4f(), vec4f(number(at.x), number(at.y), number(at.z), number(at.w)), inside & (x == nearest));
}

fn number(at: u32) -> f32 {
  if (HALVES == 0u) { return bitcast<f32>(values[at]); }
  return unpack2x16float(values[at / 2u])[at % 2u];
}
