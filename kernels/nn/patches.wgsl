// Packs the patches of a convolution, that is what its kernel sees of the map from each pixel of the result, as operands
// of product.wgsl. With rowsArePixels = 1 they are left operands whose terms are taps and channels, in blocks:
//   result[block of terms][panel of four pixels][term of the block][pixel of the panel].
// With rowsArePixels = 0 they are operands of a weight gradient, whose terms are pixels, in blocks:
//   result[block of pixels][panel of tap and channels][pixel of the block, up to a whole number of four][panelQuads quads].
// Pixels outside the map, and those that fill the last four of a block, count as zeros. Each invocation copies a quad of
// channels of one tap for four pixels: index = (panel of pixels·taps + tap)·quads of a tap + quad.
//#include "../shared/invocation.wgsl"

struct Params {
  // Quads of `values` before the first pixel.
  valueSkip: u32,
  height: u32,
  width: u32,
  channels: u32,
  // The map of the result, of which `pixels` are packed from `firstPixel` on, in raster order.
  resultHeight: u32,
  resultWidth: u32,
  firstPixel: u32,
  pixels: u32,
  taps: u32,
  kernelWidth: u32,
  stride: u32,
  paddingY: i32,
  paddingX: i32,
  rowsArePixels: u32,
  // Pixels of a block. There is one block of pixels if rowsArePixels = 1.
  blockPixels: u32,
  // Terms of a block, a multiple of four, if rowsArePixels = 1.
  blockTerms: u32,
  // Quads of channels in a panel: 1 or 2; 1 if rowsArePixels = 1.
  panelQuads: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [images, height, width, channels], rows padded
@group(0) @binding(1) var<storage, read> values: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> result: array<vec4f>;

//#invocations ceilDiv(pixels, blockPixels) * ceilDiv(blockPixels, 4) * taps * ceilDiv(channels, 4 * panelQuads) * panelQuads
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  let panelQuads = params.panelQuads;
  let tapQuads = (params.channels + 4u * panelQuads - 1u) / (4u * panelQuads) * panelQuads;
  let columns = params.taps * tapQuads;
  let blockPanels = (params.blockPixels + 3u) / 4u;
  let pixelPanels = (params.pixels + params.blockPixels - 1u) / params.blockPixels * blockPanels;
  if (index >= pixelPanels * columns) { return; }
  let column = index % columns;
  let pixelPanel = index / columns;
  let block = pixelPanel / blockPanels;
  let first = pixelPanel % blockPanels * 4u;
  let number = block * params.blockPixels + first;
  let end = min(params.pixels, (block + 1u) * params.blockPixels);
  let tap = column / tapQuads;
  let quad = column % tapQuads;
  let p0 = pixelAt(params.firstPixel + number);
  let p1 = following(p0);
  let p2 = following(p1);
  let p3 = following(p2);
  // Position, in `values`, of the tap of a pixel at the upper left corner of the result.
  let shift = vec2i(vec2u(tap % params.kernelWidth, tap / params.kernelWidth)) - vec2i(params.paddingX, params.paddingY);
  let quads = (params.channels + 3u) / 4u;
  // How many of the four pixels are packed. Where the last panel has two quads, there may be no channels for the second.
  let count = select(0u, end - min(number, end), quad < quads);
  var four = mat4x4f(
    value(p0, count > 0u, shift, quads, quad),
    value(p1, count > 1u, shift, quads, quad),
    value(p2, count > 2u, shift, quads, quad),
    value(p3, count > 3u, shift, quads, quad),
  );
  var to: u32;
  if (params.rowsArePixels != 0u) {
    let blockQuads = params.blockTerms / 4u;
    to = (column / blockQuads * pixelPanels + pixelPanel) * params.blockTerms + column % blockQuads * 4u;
    four = transpose(four);
  } else {
    let panel = block * (columns / panelQuads) + column / panelQuads;
    to = (panel * blockPanels * 4u + first) * panelQuads + column % panelQuads;
  }
  result[to] = four[0];
  result[to + panelQuads] = four[1];
  result[to + 2u * panelQuads] = four[2];
  result[to + 3u * panelQuads] = four[3];
}

// A pixel of the result: its position, and the number of its image.
struct Pixel {
  at: vec2u,
  image: u32,
}

fn pixelAt(number: u32) -> Pixel {
  let row = number / params.resultWidth;
  return Pixel(vec2u(number % params.resultWidth, row % params.resultHeight), row / params.resultHeight);
}

// The next one in raster order.
fn following(pixel: Pixel) -> Pixel {
  let newRow = pixel.at.x + 1u == params.resultWidth;
  let newImage = newRow && pixel.at.y + 1u == params.resultHeight;
  let y = select(pixel.at.y + select(0u, 1u, newRow), 0u, newImage);
  return Pixel(vec2u(select(pixel.at.x + 1u, 0u, newRow), y), pixel.image + select(0u, 1u, newImage));
}

// For a pixel outside the map the nearest inside is loaded, and replaced.
fn value(pixel: Pixel, packed: bool, shift: vec2i, quads: u32, quad: u32) -> vec4f {
  let at = vec2i(pixel.at * params.stride) + shift;
  let nearest = clamp(at, vec2i(), vec2i(i32(params.width), i32(params.height)) - 1);
  let place = (pixel.image * params.height + u32(nearest.y)) * params.width + u32(nearest.x);
  let four = values[params.valueSkip + select(0u, place * quads + quad, packed)];
  return select(vec4f(), four, packed && all(at == nearest));
}
