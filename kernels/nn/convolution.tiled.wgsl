// convolution.wgsl for GPUs with many registers. It computes the same sums in the same order, hence the same bits, from
// tiles in workgroup memory. (Here pixels outside the map count as zeros, there they are skipped. This makes a difference
// only if a weight is not finite.)
// A workgroup computes 64 pixels, in raster order within an image and phase, by 8 panels, as tile.wgsl says. Values are
// read in runs of 32 bytes, which is all that is contiguous in 8 channels of a pixel, and weights in runs of 256.
// Workgroups: index = ((panel tile·images + image)·inputDilation² + phase)·pixel tiles + pixel tile, so that workgroups
// next to each other share their weights. Those of fc6 have 411 MB, of which no cache holds a tile for long.
//#include "convolution.operands.wgsl"
//#include "convolution.chunks.wgsl"
//#include "tile.wgsl"

const tilePanels = 8u;

// Where an invocation begins to load: two pixels, 32 apart, and two panels, 4 apart.
struct Place {
  pixel0: Pixel,
  pixel1: Pixel,
  weight0: u32,
  weight1: u32,
}

// What it loads of a chunk: one quad of the pixels, and half of one channel of the panels.
struct Vectors {
  value0: Value,
  value1: Value,
  weight0: vec4f,
  weight1: vec4f,
}

//#workgroups images * inputDilation * inputDilation * ceilDiv(ceilDiv(resultHeight, inputDilation) * ceilDiv(resultWidth, inputDilation), 64) * ceilDiv(panels, 8)
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) localIndex: u32, @builtin(workgroup_id) workgroupId: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let tile = tileAt(workgroupId.y * workgroupCount.x + workgroupId.x);
  if (tile.firstPanel >= params.panels || tile.first >= tile.pixels) { return; }
  let row = localIndex / 8u;
  let column = localIndex % 8u;
  let place = Place(
    pixelOf(tile, localIndex / 2u),
    pixelOf(tile, localIndex / 2u + 32u),
    panelPlace(tile, localIndex / 16u) + localIndex % 8u,
    panelPlace(tile, localIndex / 16u + 4u) + localIndex % 8u,
  );
  var even = TapQuad();
  var odd = following(even, tile);
  var next = load(localIndex, tile, place, even, odd);
  var sums = Sums();
  let tapQuads = tapQuadsOf(tile);
  for (var first = 0u; first + 2u <= tapQuads; first += 2u) {
    storeChunk(localIndex, next);
    workgroupBarrier();
    even = following(odd, tile);
    odd = following(even, tile);
    // Behind the last chunk this loads what is not used.
    next = load(localIndex, tile, place, even, odd);
    multiplyChunk(row, column, &sums);
    workgroupBarrier();
  }
  // The last chunk may have one quad.
  storeChunk(localIndex, next);
  workgroupBarrier();
  multiplyTerms(tapQuads % 2u * 4u, row, column, &sums);

  storeSums(tile, 4u * row, column, sums.s00);
  storeSums(tile, 4u * row, column + 8u, sums.s01);
  storeSums(tile, 4u * row + 32u, column, sums.s10);
  storeSums(tile, 4u * row + 32u, column + 8u, sums.s11);
}

// Two neighboring invocations read adjacent quads of a pixel, sixteen read adjacent channels of a panel.
fn load(localIndex: u32, tile: Tile, place: Place, even: TapQuad, odd: TapQuad) -> Vectors {
  let tapQuad = eitherOf(even, odd, localIndex);
  let offset = select(weightOffset(tile, even), weightOffset(tile, odd), localIndex / 8u % 2u == 1u);
  return Vectors(
    loadValue(place.pixel0, tapQuad),
    loadValue(place.pixel1, tapQuad),
    weightQuad(place.weight0 + offset),
    weightQuad(place.weight1 + offset),
  );
}

fn storeChunk(localIndex: u32, vectors: Vectors) {
  let pixel = localIndex / 2u;
  let value0 = select(vec4f(), vectors.value0.quad, vectors.value0.inside);
  let value1 = select(vec4f(), vectors.value1.quad, vectors.value1.inside);
  for (var lane = 0u; lane < 4u; lane++) {
    let term = localIndex % 2u * 4u + lane;
    lefts[pixel / 4u][term][pixel % 4u] = value0[lane];
    lefts[pixel / 4u][chunkTerms + term][pixel % 4u] = value1[lane];
  }
  let term = localIndex % 16u / 2u;
  let column = localIndex / 16u * 2u + localIndex % 2u;
  rights[term][0][column] = vectors.weight0;
  rights[term][1][column] = vectors.weight1;
}
