// convolution.wgsl for GPUs: the same sums in the same order, hence the same bits, from tiles in workgroup memory. (Pixels
// outside the map count as zeros here and are skipped there, which only weights that are not finite can tell.)
// A workgroup computes 64 pixels, raster order within image and phase, by 8 panels, 64 by 64 sums, one invocation 8 by 8 of
// them. It goes along taps and channels in slices of 8 channels of a tap, brought in and multiplied as in product.tiled.wgsl, whose
// header counts what a sum costs: 1/16 B an operation from the second-level cache, 1/2 from workgroup memory. Values are read in
// runs of 32 bytes, all that is contiguous in 8 channels of a pixel, weights in runs of 256. 8,960 bytes of workgroup memory.
// Workgroups: index = ((panel tile·images + image)·spread² + phase)·pixel tiles + pixel tile, so that those next to each other
// share their weights, 411 MB for fc6, of which no cache holds a tile for long.
//#include "convolution.operands.wgsl"

const tilePixels = 64u;
const tilePanels = 8u;
const sliceQuads = 2u;
// Vectors in workgroup memory of a quad and of a channel, and of a slice; see product.tiled.wgsl for what is beyond a tile.
const quadStep = tilePixels + 4u;
const channelStep = 2u * tilePanels + 2u;
const valueSlice = sliceQuads * quadStep;
const weightSlice = 4u * sliceQuads * channelStep;

var<workgroup> valueSlices: array<vec4f, 2u * valueSlice>;
var<workgroup> weightSlices: array<vec4f, 2u * weightSlice>;

// The 64 pixels of a workgroup, and what taps reach them.
struct Tile {
  image: u32,
  phase: vec2u,
  // Pixels of the phase in a row, and in all.
  columns: u32,
  pixels: u32,
  first: u32,
  firstPanel: u32,
  firstTap: vec2u,
  taps: vec2u,
}

// What an invocation brings of a slice: a quad of pixels 32 apart, half a panel's channel of panels 4 apart.
struct Load {
  value0: vec4f,
  value1: vec4f,
  weight0: vec4f,
  weight1: vec4f,
}

//#workgroups images * spread * spread * ceilDiv(ceilDiv(resultHeight, spread) * ceilDiv(resultWidth, spread), 64) * ceilDiv(panels, 8)
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) own: u32, @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let tile = tileAt(group.y * groups.x + group.x);
  if (tile.firstPanel >= params.panels || tile.first >= tile.pixels) { return; }
  // Of the two pixels that the invocation loads.
  let shift = (vec2i(tile.phase + tile.firstTap) - padding()) / i32(params.spread);
  let last = tile.pixels - 1u;
  let p0 = pixel(min(tile.first + own / 2u, last), tile.columns, shift);
  let p1 = pixel(min(tile.first + own / 2u + 32u, last), tile.columns, shift);

  let quads = (params.channels + 3u) / 4u;
  let slicesOfTap = (quads + sliceQuads - 1u) / sliceQuads;
  let slices = tile.taps.x * tile.taps.y * slicesOfTap;
  var next = load(own, tile, p0, p1, 0u, slices);
  keep(own, 0u, next);
  workgroupBarrier();

  // Pixels 8 apart by halves of two panels.
  let row = own / 8u;
  let column = own % 8u;
  var s00 = mat4x4f();
  var s01 = mat4x4f();
  var s10 = mat4x4f();
  var s11 = mat4x4f();
  var half = 0u;
  for (var slice = 0u; slice < slices; slice++) {
    next = load(own, tile, p0, p1, slice + 1u, slices);
    var valueAt = half * valueSlice + row;
    var weightAt = half * weightSlice + column;
    let firstQuad = slice % slicesOfTap * sliceQuads;
    for (var quad = firstQuad; quad < min(firstQuad + sliceQuads, quads); quad++) {
      let x0 = valueSlices[valueAt];
      let x1 = valueSlices[valueAt + 8u];
      let x2 = valueSlices[valueAt + 16u];
      let x3 = valueSlices[valueAt + 24u];
      let x4 = valueSlices[valueAt + 32u];
      let x5 = valueSlices[valueAt + 40u];
      let x6 = valueSlices[valueAt + 48u];
      let x7 = valueSlices[valueAt + 56u];
      valueAt += quadStep;
      for (var lane = 0u; lane < 4u; lane++) {
        let a = weightSlices[weightAt];
        let b = weightSlices[weightAt + 8u];
        weightAt += channelStep;
        s00[0] += x0[lane] * a;
        s00[1] += x1[lane] * a;
        s00[2] += x2[lane] * a;
        s00[3] += x3[lane] * a;
        s01[0] += x0[lane] * b;
        s01[1] += x1[lane] * b;
        s01[2] += x2[lane] * b;
        s01[3] += x3[lane] * b;
        s10[0] += x4[lane] * a;
        s10[1] += x5[lane] * a;
        s10[2] += x6[lane] * a;
        s10[3] += x7[lane] * a;
        s11[0] += x4[lane] * b;
        s11[1] += x5[lane] * b;
        s11[2] += x6[lane] * b;
        s11[3] += x7[lane] * b;
      }
    }
    half = 1u - half;
    keep(own, half, next);
    workgroupBarrier();
  }

  store(tile, row, column, s00);
  store(tile, row, column + 8u, s01);
  store(tile, row + 32u, column, s10);
  store(tile, row + 32u, column + 8u, s11);
}

fn tileAt(index: u32) -> Tile {
  let spread = params.spread;
  let most = (vec2u(params.resultWidth, params.resultHeight) + spread - 1u) / spread;
  let tiles = (most.x * most.y + tilePixels - 1u) / tilePixels;
  let part = index / tiles;
  var tile: Tile;
  tile.phase = vec2u(part % spread, part / spread % spread);
  tile.image = part / (spread * spread) % params.images;
  tile.firstPanel = part / (spread * spread * params.images) * tilePanels;
  let size = (vec2u(params.resultWidth, params.resultHeight) + spread - 1u - tile.phase) / spread;
  tile.columns = size.x;
  tile.pixels = size.x * size.y;
  tile.first = index % tiles * tilePixels;
  tile.firstTap = tapsOf(tile.phase);
  tile.taps = (max(vec2u(params.kernelWidth, params.kernelHeight), tile.firstTap) + spread - 1u - tile.firstTap) / spread;
  return tile;
}

// Two neighbors read adjacent quads of a pixel, sixteen adjacent channels of a panel. Panels behind the last are the last, a quad
// behind the last is not multiplied.
fn load(own: u32, tile: Tile, p0: vec2i, p1: vec2i, slice: u32, slices: u32) -> Load {
  if (slice >= slices) { return Load(); }
  let quads = (params.channels + 3u) / 4u;
  let slicesOfTap = (quads + sliceQuads - 1u) / sliceQuads;
  let number = slice / slicesOfTap;
  let step = vec2u(number % tile.taps.x, number / tile.taps.x);
  let tap = tile.firstTap + step * params.spread;
  let firstQuad = slice % slicesOfTap * sliceQuads;
  let quad = min(firstQuad + own % 2u, quads - 1u);
  let weightAt = (tap.y * params.kernelWidth + tap.x) * quads * 8u + min(firstQuad * 8u + own % 16u, quads * 8u - 1u);
  let panelStep = params.kernelHeight * params.kernelWidth * quads * 8u;
  let panel = tile.firstPanel + own / 16u;
  let lastPanel = params.panels - 1u;
  return Load(
    value(address(tile.image, p0 + vec2i(step), quads), quad),
    value(address(tile.image, p1 + vec2i(step), quads), quad),
    weights[min(panel, lastPanel) * panelStep + weightAt],
    weights[min(panel + 4u, lastPanel) * panelStep + weightAt],
  );
}

fn value(address: i32, quad: u32) -> vec4f {
  if (address < 0) { return vec4f(); }
  return values[u32(address) + quad];
}

fn keep(own: u32, half: u32, slice: Load) {
  let valueAt = half * valueSlice + own % 2u * quadStep + own / 2u;
  valueSlices[valueAt] = slice.value0;
  valueSlices[valueAt + 32u] = slice.value1;
  let weightAt = half * weightSlice + own % 16u / 2u * channelStep + own / 16u * 2u + own % 2u;
  weightSlices[weightAt] = slice.weight0;
  weightSlices[weightAt + 8u] = slice.weight1;
}

// Four pixels, 8 apart, of a quad of outputs.
fn store(tile: Tile, row: u32, column: u32, sums: mat4x4f) {
  let quad = 2u * (params.firstPanel + tile.firstPanel) + column;
  if (tile.firstPanel + column / 2u >= params.panels || quad >= (params.outputs + 3u) / 4u) { return; }
  for (var i = 0u; i < 4u; i++) {
    let number = tile.first + row + 8u * i;
    if (number < tile.pixels) { result[place(tile.image, tile.phase, tile.columns, number) + quad] = activate(sums[i], quad); }
  }
}
