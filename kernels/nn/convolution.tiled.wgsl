// convolution.wgsl for GPUs. It computes the same sums in the same order, hence the same bits, from tiles in workgroup
// memory. (Here pixels outside the map count as zeros, there they are skipped. This makes a difference only if a weight
// is not finite.)
// A workgroup computes 64 pixels, in raster order within an image and phase, by 8 panels, as tile.wgsl says. It goes
// along taps and quads of channels, two quads in a slice, which may be of two taps. Values are read in runs of 32 bytes,
// which is all that is contiguous in 8 channels of a pixel, and weights in runs of 256.
// Workgroups: index = ((panel tile·images + image)·inputDilation² + phase)·pixel tiles + pixel tile, so that workgroups
// next to each other share their weights. Those of fc6 have 411 MB, of which no cache holds a tile for long.
//#include "convolution.operands.wgsl"
//#include "tile.wgsl"

const tilePixels = 64u;
const tilePanels = 8u;

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
struct Step {
  tap: vec2u,
  quad: u32,
}

// What an invocation loads of a slice: one quad of two pixels, 32 apart, and half of one channel of two panels, 4 apart.
// A pixel outside the map is replaced as late as it is stored, so that nothing waits for the load before.
struct Vectors {
  inside0: bool,
  inside1: bool,
  value0: vec4f,
  value1: vec4f,
  weight0: vec4f,
  weight1: vec4f,
}

// Where an invocation loads: positions of its pixels, and indices of the first vectors of its pixels and panels.
struct Place {
  at0: vec2i,
  at1: vec2i,
  value0: i32,
  value1: i32,
  weight0: u32,
  weight1: u32,
}

//#workgroups images * inputDilation * inputDilation * ceilDiv(ceilDiv(resultHeight, inputDilation) * ceilDiv(resultWidth, inputDilation), 64) * ceilDiv(panels, 8)
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) localIndex: u32, @builtin(workgroup_id) workgroupId: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let tile = tileAt(workgroupId.y * workgroupCount.x + workgroupId.x);
  if (tile.firstPanel >= params.panels || tile.first >= tile.pixels) { return; }
  let row = localIndex / 8u;
  let column = localIndex % 8u;
  let place = begin(localIndex, tile);
  let steps = tile.taps.x * tile.taps.y * quadsOfChannels();
  var even = Step();
  var odd = following(even, tile.taps);
  var next = load(localIndex, tile, place, even, odd);
  var sums = Sums();
  for (var first = 0u; first + 2u <= steps; first += 2u) {
    storeSlice(localIndex, next);
    workgroupBarrier();
    even = following(odd, tile.taps);
    odd = following(even, tile.taps);
    // Behind the last slice this loads what is not used.
    next = load(localIndex, tile, place, even, odd);
    multiplySlice(row, column, &sums);
    workgroupBarrier();
  }
  // The last slice may have one quad.
  storeSlice(localIndex, next);
  workgroupBarrier();
  multiplyTerms(steps % 2u * 4u, row, column, &sums);

  storeSums(tile, 4u * row, column, sums.s00);
  storeSums(tile, 4u * row, column + 8u, sums.s01);
  storeSums(tile, 4u * row + 32u, column, sums.s10);
  storeSums(tile, 4u * row + 32u, column + 8u, sums.s11);
}

fn quadsOfChannels() -> u32 {
  return (params.channels + 3u) / 4u;
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

// The next quad of channels, which may be the next tap's first.
fn following(step: Step, taps: vec2u) -> Step {
  let newTap = step.quad + 1u == quadsOfChannels();
  let x = step.tap.x + select(0u, 1u, newTap);
  let newRow = x == taps.x;
  return Step(vec2u(select(x, 0u, newRow), step.tap.y + select(0u, 1u, newRow)), select(step.quad + 1u, 0u, newTap));
}

// Two neighboring invocations read adjacent quads of a pixel, sixteen read adjacent channels of a panel. Pixels and
// panels behind the last one are replaced by the last one.
fn begin(localIndex: u32, tile: Tile) -> Place {
  let shift = (vec2i(tile.phase + tile.firstTap) - padding()) / i32(params.inputDilation);
  let last = tile.pixels - 1u;
  let at0 = pixel(min(tile.first + localIndex / 2u, last), tile.columns, shift);
  let at1 = pixel(min(tile.first + localIndex / 2u + 32u, last), tile.columns, shift);
  let panelStride = params.kernelHeight * params.kernelWidth * quadsOfChannels() * 8u;
  let panel = tile.firstPanel + localIndex / 16u;
  let lastPanel = params.panels - 1u;
  return Place(
    at0,
    at1,
    unchecked(tile.image, at0),
    unchecked(tile.image, at1),
    min(panel, lastPanel) * panelStride + localIndex % 8u,
    min(panel + 4u, lastPanel) * panelStride + localIndex % 8u,
  );
}

// Index of the first quad of a pixel in `values`, as if the map went on beyond its edges.
fn unchecked(image: u32, at: vec2i) -> i32 {
  return i32(params.valueSkip) + ((i32(image * params.height) + at.y) * i32(params.width) + at.x) * i32(quadsOfChannels());
}

fn load(localIndex: u32, tile: Tile, place: Place, even: Step, odd: Step) -> Vectors {
  let second = localIndex % 2u == 1u;
  let tap = vec2i(select(even.tap, odd.tap, second));
  let valueStep = select(valueOffset(even), valueOffset(odd), second);
  let weightStep = select(weightOffset(tile, even), weightOffset(tile, odd), localIndex / 8u % 2u == 1u);
  let inside0 = isInside(place.at0 + tap);
  let inside1 = isInside(place.at1 + tap);
  return Vectors(
    inside0,
    inside1,
    values[select(0, place.value0 + valueStep, inside0)],
    values[select(0, place.value1 + valueStep, inside1)],
    weights[place.weight0 + weightStep],
    weights[place.weight1 + weightStep],
  );
}

// How far the quad of a step lies behind the first one of the first tap, in `values` and in `weights`.
fn valueOffset(step: Step) -> i32 {
  return i32((step.tap.y * params.width + step.tap.x) * quadsOfChannels() + step.quad);
}

fn weightOffset(tile: Tile, step: Step) -> u32 {
  let tap = tile.firstTap + step.tap * params.inputDilation;
  return ((tap.y * params.kernelWidth + tap.x) * quadsOfChannels() + step.quad) * 8u;
}

// A negative position is a large one without its sign.
fn isInside(at: vec2i) -> bool {
  return u32(at.x) < params.width && u32(at.y) < params.height;
}

fn storeSlice(localIndex: u32, vectors: Vectors) {
  let quad = localIndex % 2u;
  let pixel = localIndex / 2u;
  let value0 = select(vec4f(), vectors.value0, vectors.inside0);
  let value1 = select(vec4f(), vectors.value1, vectors.inside1);
  for (var lane = 0u; lane < 4u; lane++) {
    let term = 4u * quad + lane;
    lefts[pixel / 4u][term][pixel % 4u] = value0[lane];
    lefts[pixel / 4u][sliceTerms + term][pixel % 4u] = value1[lane];
  }
  let term = localIndex % 16u / 2u;
  let column = localIndex / 16u * 2u + localIndex % 2u;
  rights[term][0][column] = vectors.weight0;
  rights[term][1][column] = vectors.weight1;
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
