// product.wgsl for GPUs with few registers. It computes the same sums in the same order, hence the same bits, from tiles
// in workgroup memory.
// A workgroup computes 16 row panels by 4 column panels of one product, as smallTile.wgsl says. `left` is read in runs of
// 128 bytes and `right` in runs of 256.
// Workgroups: index = (column tile·batch + product)·rowTiles + row tile.
//#include "product.operands.wgsl"
//#include "product.chunks.wgsl"
//#include "smallTile.wgsl"

const tileRowPanels = 16u;
const tileColumnPanels = 4u;

// What an invocation loads of a chunk: one term of a row panel, and half of one term of a column panel, which invocations
// 64 apart have in common.
struct Vectors {
  left: vec4f,
  right: vec4f,
}

//#workgroups ceilDiv(columnPanels, 4) * batch * ceilDiv(rowPanels, 16)
@compute @workgroup_size(128)
fn main(@builtin(local_invocation_index) localIndex: u32, @builtin(workgroup_id) workgroupId: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let tile = tileAt(workgroupId.y * workgroupCount.x + workgroupId.x);
  if (tile.firstColumnPanel >= params.columnPanels) { return; }
  let row = localIndex / 8u;
  let column = localIndex % 8u;
  let leftAt = leftPlace(tile, row);
  let rightAt = rightPlace(tile, localIndex / 16u % 4u) + localIndex % 16u;
  let advance = advanceOfChunks();
  var at = firstTerm(localIndex % 8u);
  var next = load(leftAt, rightAt, at);
  var sums = mat4x4f();
  let terms = params.termRows * params.termColumns;
  for (var first = 0u; first + chunkTerms <= terms; first += chunkTerms) {
    storeChunk(localIndex, next);
    workgroupBarrier();
    at = nextChunk(at, advance, first + chunkTerms < terms);
    next = load(leftAt, rightAt, at);
    multiplyChunk(row, column, &sums);
    workgroupBarrier();
  }
  // The last chunk may have fewer terms. What is loaded behind them is not multiplied.
  storeChunk(localIndex, next);
  workgroupBarrier();
  multiplyTerms(terms % chunkTerms, row, column, &sums);
  store(tile.firstRowPanel + row, tile.product, tile.firstColumnPanel + column / 2u, column % 2u, sums);
}

fn load(leftAt: u32, rightAt: u32, at: Term) -> Vectors {
  return Vectors(left[leftAt + at.left], rightQuad(rightAt + at.right));
}

fn storeChunk(localIndex: u32, vectors: Vectors) {
  lefts[localIndex / 8u][localIndex % 8u] = vectors.left;
  if (localIndex < 64u) { rights[localIndex % 16u / 2u][localIndex / 16u * 2u + localIndex % 2u] = vectors.right; }
}
