// convolution.wgsl for GPUs. It computes the same sums in the same order, hence the same bits, from tiles in workgroup
// memory. (Here pixels outside the map count as zeros, there they are skipped. This makes a difference only if a weight
// is not finite.)
// A workgroup computes 64 pixels, in raster order within an image and phase, by 8 panels, that is 64 by 64 sums, and
// each invocation 8 by 8 of them. It goes along taps and channels in chunks of 8 channels of a tap, which are loaded
// and multiplied as in product.tiled.wgsl. The header there counts what a sum costs: 1/16 B an operation from the
// second-level cache, 1/2 B from workgroup memory. Values are read in runs of 32 bytes, which is all that is contiguous
// in 8 channels of a pixel, and weights in runs of 256. Workgroup memory takes 8,960 bytes.
// Workgroups: index = ((panel tile·images + image)·inputDilation² + phase)·pixel tiles + pixel tile, so that workgroups
// next to each other share their weights. Those of fc6 have 411 MB, of which no cache holds a tile for long.
//#include "convolution.operands.wgsl"

const tilePixels = 64u;
const tilePanels = 8u;
const chunkQuads = 2u;
// Vectors in workgroup memory from one quad and one channel to the next, and of a chunk. product.tiled.wgsl says why a tile is padded.
const quadStride = tilePixels + 4u;
const channelStride = 2u * tilePanels + 2u;
const valueChunk = chunkQuads * quadStride;
const weightChunk = 4u * chunkQuads * channelStride;

var<workgroup> valueChunks: array<vec4f, 2u * valueChunk>;
var<workgroup> weightChunks: array<vec4f, 2u * weightChunk>;

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

// One invocation's part of a chunk: one quad of two pixels, 32 apart, and half of one channel of two panels, 4 apart.
struct Load {
  value0: vec4f,
  value1: vec4f,
  weight0: vec4f,
  weight1: vec4f,
}

//#workgroups images * inputDilation * inputDilation * ceilDiv(ceilDiv(resultHeight, inputDilation) * ceilDiv(resultWidth, inputDilation), 64) * ceilDiv(panels, 8)
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) localIndex: u32, @builtin(workgroup_id) workgroupId: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let tile = tileAt(workgroupId.y * workgroupCount.x + workgroupId.x);
  if (tile.firstPanel >= params.panels || tile.first >= tile.pixels) { return; }
  // Positions of the two pixels that this invocation loads.
  let shift = (vec2i(tile.phase + tile.firstTap) - padding()) / i32(params.inputDilation);
  let last = tile.pixels - 1u;
  let p0 = pixel(min(tile.first + localIndex / 2u, last), tile.columns, shift);
  let p1 = pixel(min(tile.first + localIndex / 2u + 32u, last), tile.columns, shift);

  let quads = (params.channels + 3u) / 4u;
  let chunksOfTap = (quads + chunkQuads - 1u) / chunkQuads;
  let chunks = tile.taps.x * tile.taps.y * chunksOfTap;
  var next = load(localIndex, tile, p0, p1, 0u, chunks);
  storeChunk(localIndex, 0u, next);
  workgroupBarrier();

  // Pixels 8 apart by halves of two panels.
  let row = localIndex / 8u;
  let column = localIndex % 8u;
  var s00 = mat4x4f();
  var s01 = mat4x4f();
  var s10 = mat4x4f();
  var s11 = mat4x4f();
  var buffer = 0u;
  for (var chunk = 0u; chunk < chunks; chunk++) {
    next = load(localIndex, tile, p0, p1, chunk + 1u, chunks);
    var valueAt = buffer * valueChunk + row;
    var weightAt = buffer * weightChunk + column;
    let firstQuad = chunk % chunksOfTap * chunkQuads;
    for (var quad = firstQuad; quad < min(firstQuad + chunkQuads, quads); quad++) {
      let x0 = valueChunks[valueAt];
      let x1 = valueChunks[valueAt + 8u];
      let x2 = valueChunks[valueAt + 16u];
      let x3 = valueChunks[valueAt + 24u];
      let x4 = valueChunks[valueAt + 32u];
      let x5 = valueChunks[valueAt + 40u];
      let x6 = valueChunks[valueAt + 48u];
      let x7 = valueChunks[valueAt + 56u];
      valueAt += quadStride;
      for (var lane = 0u; lane < 4u; lane++) {
        let a = weightChunks[weightAt];
        let b = weightChunks[weightAt + 8u];
        weightAt += channelStride;
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
    buffer = 1u - buffer;
    storeChunk(localIndex, buffer, next);
    workgroupBarrier();
  }

  store(tile, row, column, s00);
  store(tile, row, column + 8u, s01);
  store(tile, row + 32u, column, s10);
  store(tile, row + 32u, column + 8u, s11);
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

// Two neighboring invocations read adjacent quads of a pixel, sixteen read adjacent channels of a panel. Panels behind
// the last one are replaced by the last one; a quad behind the last one is not multiplied.
fn load(localIndex: u32, tile: Tile, p0: vec2i, p1: vec2i, chunk: u32, chunks: u32) -> Load {
  if (chunk >= chunks) { return Load(); }
  let quads = (params.channels + 3u) / 4u;
  let chunksOfTap = (quads + chunkQuads - 1u) / chunkQuads;
  let number = chunk / chunksOfTap;
  let tapOfPhase = vec2u(number % tile.taps.x, number / tile.taps.x);
  let tap = tile.firstTap + tapOfPhase * params.inputDilation;
  let firstQuad = chunk % chunksOfTap * chunkQuads;
  let quad = min(firstQuad + localIndex % 2u, quads - 1u);
  let weightAt = (tap.y * params.kernelWidth + tap.x) * quads * 8u + min(firstQuad * 8u + localIndex % 16u, quads * 8u - 1u);
  let panelStride = params.kernelHeight * params.kernelWidth * quads * 8u;
  let panel = tile.firstPanel + localIndex / 16u;
  let lastPanel = params.panels - 1u;
  return Load(
    value(address(tile.image, p0 + vec2i(tapOfPhase), quads), quad),
    value(address(tile.image, p1 + vec2i(tapOfPhase), quads), quad),
    weights[min(panel, lastPanel) * panelStride + weightAt],
    weights[min(panel + 4u, lastPanel) * panelStride + weightAt],
  );
}

fn value(address: i32, quad: u32) -> vec4f {
  if (address < 0) { return vec4f(); }
  return values[u32(address) + quad];
}

fn storeChunk(localIndex: u32, buffer: u32, chunk: Load) {
  let valueAt = buffer * valueChunk + localIndex % 2u * quadStride + localIndex / 2u;
  valueChunks[valueAt] = chunk.value0;
  valueChunks[valueAt + 32u] = chunk.value1;
  let weightAt = buffer * weightChunk + localIndex % 16u / 2u * channelStride + localIndex / 16u * 2u + localIndex % 2u;
  weightChunks[weightAt] = chunk.weight0;
  weightChunks[weightAt + 8u] = chunk.weight1;
}

// Stores one quad of outputs for four pixels that are 8 apart.
fn store(tile: Tile, row: u32, column: u32, sums: mat4x4f) {
  let quad = 2u * (params.firstPanel + tile.firstPanel) + column;
  if (tile.firstPanel + column / 2u >= params.panels || quad >= (params.outputs + 3u) / 4u) { return; }
  for (var i = 0u; i < 4u; i++) {
    let number = tile.first + row + 8u * i;
    if (number < tile.pixels) { result[place(tile.image, tile.phase, tile.columns, number) + quad] = epilogue(sums[i], quad); }
  }
}
