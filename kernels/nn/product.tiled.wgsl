// product.wgsl for GPUs with many registers. It computes the same sums in the same order, hence the same bits, from tiles
// in workgroup memory.
// A workgroup computes 16 row panels by 8 column panels of one product, as tile.wgsl says. `left` is read in runs of 128
// bytes and `right` in runs of 256.
// Workgroups: index = (column tile·batch + product)·rowTiles + row tile.
//#include "product.operands.wgsl"
//#include "product.chunks.wgsl"
//#include "tile.wgsl"

const tileRowPanels = 16u;
const tileColumnPanels = 8u;

// Where an invocation begins to load: in two row panels, 8 apart, and two column panels, 4 apart.
struct Place {
  left0: u32,
  left1: u32,
  right0: u32,
  right1: u32,
}

// What it loads of a chunk: one term of the row panels, and half of one term of the column panels.
struct Vectors {
  left0: vec4f,
  left1: vec4f,
  right0: vec4f,
  right1: vec4f,
}

//#workgroups ceilDiv(columnPanels, 8) * batch * ceilDiv(rowPanels, 16)
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) localIndex: u32, @builtin(workgroup_id) workgroupId: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let tile = tileAt(workgroupId.y * workgroupCount.x + workgroupId.x);
  if (tile.firstColumnPanel >= params.columnPanels) { return; }
  let row = localIndex / 8u;
  let column = localIndex % 8u;
  let place = Place(
    leftPlace(tile, row),
    leftPlace(tile, row + 8u),
    rightPlace(tile, localIndex / 16u) + localIndex % 16u,
    rightPlace(tile, localIndex / 16u + 4u) + localIndex % 16u,
  );
  let advance = advanceOfChunks();
  var at = firstTerm(localIndex % 8u);
  var next = load(place, at);
  var sums = Sums();
  let terms = params.termRows * params.termColumns;
  for (var first = 0u; first + chunkTerms <= terms; first += chunkTerms) {
    storeChunk(localIndex, next);
    workgroupBarrier();
    at = nextChunk(at, advance, first + chunkTerms < terms);
    next = load(place, at);
    multiplyChunk(row, column, &sums);
    workgroupBarrier();
  }
  // The last chunk may have fewer terms. What is loaded behind them is not multiplied.
  storeChunk(localIndex, next);
  workgroupBarrier();
  multiplyTerms(terms % chunkTerms, row, column, &sums);

  let rowPanel = tile.firstRowPanel + row;
  let columnPanel = tile.firstColumnPanel + column / 2u;
  store(rowPanel, tile.product, columnPanel, column % 2u, sums.s00);
  store(rowPanel, tile.product, columnPanel + 4u, column % 2u, sums.s01);
  store(rowPanel + 8u, tile.product, columnPanel, column % 2u, sums.s10);
  store(rowPanel + 8u, tile.product, columnPanel + 4u, column % 2u, sums.s11);
}

fn load(place: Place, at: Term) -> Vectors {
  return Vectors(
    left[place.left0 + at.left],
    left[place.left1 + at.left],
    rightQuad(place.right0 + at.right),
    rightQuad(place.right1 + at.right),
  );
}

fn storeChunk(localIndex: u32, vectors: Vectors) {
  lefts[localIndex / 8u][localIndex % 8u] = vectors.left0;
  lefts[localIndex / 8u][chunkTerms + localIndex % 8u] = vectors.left1;
  let term = localIndex % 16u / 2u;
  let column = localIndex / 16u * 2u + localIndex % 2u;
  rights[term][0][column] = vectors.right0;
  rights[term][1][column] = vectors.right1;
}
