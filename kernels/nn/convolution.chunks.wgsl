// How the tiled and the small form of a convolution go along its terms: taps and quads of channels, two quads in a chunk,
// which may be of two taps. The form says how many panels a tile has; its pixels are 64.

const tilePixels = 64u;

// The 64 pixels that a workgroup computes, and the taps that reach them.
struct Tile {
  image: u32,
  phase: vec2u,
  // How many pixels of the phase a row has, and how many the whole result has.
  columns: u32,
  pixels: u32,
  first: u32,
  firstPanel: u32,
  firstTap: vec2u,
  taps: vec2u,
}

// A quad of channels of a tap. Taps are counted within the phase.
struct TapQuad {
  tap: vec2u,
  quad: u32,
}

// A pixel: its position, and the index of its first quad in `values`, as if the map went on beyond its edges.
struct Pixel {
  at: vec2i,
  index: i32,
}

// A quad of a pixel. Where the pixel lies outside the map it is replaced as late as it is stored, so that nothing waits
// for the load before.
struct Value {
  quad: vec4f,
  inside: bool,
}

fn tileAt(index: u32) -> Tile {
  let dilation = params.inputDilation;
  let most = (vec2u(params.resultWidth, params.resultHeight) + dilation - 1u) / dilation;
  let tiles = (most.x * most.y + tilePixels - 1u) / tilePixels;
  let part = index / tiles;
  var tile: Tile;
  tile.phase = vec2u(part % dilation, part / dilation % dilation);
  tile.image = part / (dilation * dilation) % params.images;
  tile.firstPanel = part / (dilation * dilation * params.images) * tilePanels;
  let size = (vec2u(params.resultWidth, params.resultHeight) + dilation - 1u - tile.phase) / dilation;
  tile.columns = size.x;
  tile.pixels = size.x * size.y;
  tile.first = index % tiles * tilePixels;
  tile.firstTap = tapsOf(tile.phase);
  tile.taps = (max(vec2u(params.kernelWidth, params.kernelHeight), tile.firstTap) + dilation - 1u - tile.firstTap) / dilation;
  return tile;
}

fn quadsOfChannels() -> u32 {
  return (params.channels + 3u) / 4u;
}

fn tapQuadsOf(tile: Tile) -> u32 {
  return tile.taps.x * tile.taps.y * quadsOfChannels();
}

// The next quad of channels, which may be the next tap's first.
fn following(tapQuad: TapQuad, tile: Tile) -> TapQuad {
  let newTap = tapQuad.quad + 1u == quadsOfChannels();
  let x = tapQuad.tap.x + select(0u, 1u, newTap);
  let newRow = x == tile.taps.x;
  return TapQuad(vec2u(select(x, 0u, newRow), tapQuad.tap.y + select(0u, 1u, newRow)), select(tapQuad.quad + 1u, 0u, newTap));
}

// A pixel of the tile. Pixels and panels behind the last one are replaced by the last one.
fn pixelOf(tile: Tile, number: u32) -> Pixel {
  let shift = (vec2i(tile.phase + tile.firstTap) - padding()) / i32(params.inputDilation);
  let at = pixel(min(tile.first + number, tile.pixels - 1u), tile.columns, shift);
  let row = i32(tile.image * params.height) + at.y;
  return Pixel(at, i32(params.valueSkip) + (row * i32(params.width) + at.x) * i32(quadsOfChannels()));
}

// Index of the first weight of a panel of the tile.
fn panelPlace(tile: Tile, number: u32) -> u32 {
  let panel = min(tile.firstPanel + number, params.panels - 1u);
  return panel * params.kernelHeight * params.kernelWidth * quadsOfChannels() * 8u;
}

fn loadValue(pixel: Pixel, tapQuad: TapQuad) -> Value {
  let at = vec2u(pixel.at) + tapQuad.tap;
  // A negative position is a large one without its sign.
  let inside = at.x < params.width && at.y < params.height;
  let offset = (tapQuad.tap.y * params.width + tapQuad.tap.x) * quadsOfChannels() + tapQuad.quad;
  return Value(values[select(0u, u32(pixel.index) + offset, inside)], inside);
}

// How far the tap quad lies behind the first one of the first tap, in `weights`.
fn weightOffset(tile: Tile, tapQuad: TapQuad) -> u32 {
  let tap = tile.firstTap + tapQuad.tap * params.inputDilation;
  return ((tap.y * params.kernelWidth + tap.x) * quadsOfChannels() + tapQuad.quad) * 8u;
}

fn eitherOf(even: TapQuad, odd: TapQuad, parity: u32) -> TapQuad {
  let second = parity % 2u == 1u;
  return TapQuad(select(even.tap, odd.tap, second), select(even.quad, odd.quad, second));
}

// Stores one quad of outputs for four pixels.
fn storeSums(tile: Tile, firstPixel: u32, column: u32, sums: mat4x4f) {
  let quad = 2u * (params.firstPanel + tile.firstPanel) + column;
  if (tile.firstPanel + column / 2u >= params.panels || quad >= (params.outputs + 3u) / 4u) { return; }
  for (var i = 0u; i < 4u; i++) {
    let number = tile.first + firstPixel + i;
    if (number < tile.pixels) { result[place(tile.image, tile.phase, tile.columns, number) + quad] = epilogue(sums[i], quad); }
  }
}
