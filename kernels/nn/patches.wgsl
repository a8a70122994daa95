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
  var four = mat4x4f(
    value(number, end, tap, quad),
    value(number + 1u, end, tap, quad),
    value(number + 2u, end, tap, quad),
    value(number + 3u, end, tap, quad),
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

fn value(number: u32, end: u32, tap: u32, quad: u32) -> vec4f {
  let quads = (params.channels + 3u) / 4u;
  let pixel = params.firstPixel + number;
  let row = pixel / params.resultWidth;
  let y = i32(row % params.resultHeight * params.stride + tap / params.kernelWidth) - params.paddingY;
  let x = i32(pixel % params.resultWidth * params.stride + tap % params.kernelWidth) - params.paddingX;
  let inside = number < end && quad < quads && y >= 0 && x >= 0 && y < i32(params.height) && x < i32(params.width);
  let at = ((row / params.resultHeight * params.height + u32(max(y, 0))) * params.width + u32(max(x, 0))) * quads + quad;
  return select(vec4f(), values[params.valueSkip + select(0u, at, inside)], inside);
}
