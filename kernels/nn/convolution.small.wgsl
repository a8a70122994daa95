// convolution.wgsl for GPUs with few registers. It computes the same sums in the same order, hence the same bits, from
// tiles in workgroup memory; pixels outside the map count as zeros, as in convolution.tiled.wgsl.
// A workgroup computes 64 pixels, in raster order within an image and phase, by 4 panels, as smallTile.wgsl says. Values
// are read in runs of 32 bytes and weights in runs of 256.
// Workgroups: index = ((panel tile·images + image)·inputDilation² + phase)·pixel tiles + pixel tile.
//#include "convolution.operands.wgsl"
//#include "convolution.chunks.wgsl"
//#include "smallTile.wgsl"

const tilePanels = 4u;

// What an invocation loads of a chunk: one quad of a pixel, and half of one channel of a panel, which invocations 64 apart
// have in common.
struct Vectors {
  value: Value,
  weight: vec4f,
}

//#workgroups images * inputDilation * inputDilation * ceilDiv(ceilDiv(resultHeight, inputDilation) * ceilDiv(resultWidth, inputDilation), 64) * ceilDiv(panels, 4)
@compute @workgroup_size(128)
fn main(@builtin(local_invocation_index) localIndex: u32, @builtin(workgroup_id) workgroupId: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let tile = tileAt(workgroupId.y * workgroupCount.x + workgroupId.x);
  if (tile.firstPanel >= params.panels || tile.first >= tile.pixels) { return; }
  let row = localIndex / 8u;
  let column = localIndex % 8u;
  let pixel = pixelOf(tile, localIndex / 2u);
  let weightPlace = panelPlace(tile, localIndex / 16u % 4u) + localIndex % 8u;
  var even = TapQuad();
  var odd = following(even, tile);
  var next = load(localIndex, tile, pixel, weightPlace, even, odd);
  var sums = mat4x4f();
  let tapQuads = tapQuadsOf(tile);
  for (var first = 0u; first + 2u <= tapQuads; first += 2u) {
    storeChunk(localIndex, next);
    workgroupBarrier();
    even = following(odd, tile);
    odd = following(even, tile);
    // Behind the last chunk this loads what is not used.
    next = load(localIndex, tile, pixel, weightPlace, even, odd);
    multiplyChunk(row, column, &sums);
    workgroupBarrier();
  }
  // The last chunk may have one quad.
  storeChunk(localIndex, next);
  workgroupBarrier();
  multiplyTerms(tapQuads % 2u * 4u, row, column, &sums);
  storeSums(tile, 4u * row, column, sums);
}

// Two neighboring invocations read adjacent quads of a pixel, sixteen read adjacent channels of a panel.
fn load(localIndex: u32, tile: Tile, pixel: Pixel, weightPlace: u32, even: TapQuad, odd: TapQuad) -> Vectors {
  let offset = select(weightOffset(tile, even), weightOffset(tile, odd), localIndex / 8u % 2u == 1u);
  return Vectors(loadValue(pixel, eitherOf(even, odd, localIndex)), weightQuad(weightPlace + offset));
}

fn storeChunk(localIndex: u32, vectors: Vectors) {
  let pixel = localIndex / 2u;
  let value = select(vec4f(), vectors.value.quad, vectors.value.inside);
  for (var lane = 0u; lane < 4u; lane++) { lefts[pixel / 4u][localIndex % 2u * 4u + lane][pixel % 4u] = value[lane]; }
  if (localIndex < 64u) { rights[localIndex % 16u / 2u][localIndex / 16u * 2u + localIndex % 2u] = vectors.weight; }
}
