// product.wgsl for GPUs. It computes the same sums in the same order, hence the same bits, from tiles in workgroup
// memory.
// A workgroup computes 16 row panels by 8 column panels of one product, that is 64 by 64 sums, and each invocation 8 by
// 8 of them. It goes along the terms in chunks of 8, which its invocations load together. While one chunk is
// multiplied, the next is loaded; it goes into the other of two buffers, so that a chunk costs one barrier. A
// multiply-add counts as two operations. Then
//   - memory, or the second-level cache, gives 2·64·4 B for 2·64·64 operations, which is 1/16 B an operation; the register
//     form takes 48 B for 64, which is 3/4. `left` is read in runs of 128 bytes and `right` in runs of 256.
//   - workgroup memory gives 2·8·4 B for 2·8·8 operations, which is 1/2 B an operation, and less where neighbors read the
//     same. Eight neighbors read one vector of `left`, which is broadcast, and eight adjacent vectors of `right`, each from
//     a bank of its own.
// A term takes one vector more than it needs of `left` and two more of `right`, so that what eight neighbors write
// falls into different banks, too (of 32 banks of 4 bytes). Workgroup memory takes 8,960 bytes; 64 sums and 32 operands
// are in registers.
// Workgroups: index = (column tile·batch + product)·rowTiles + row tile.
//#include "product.operands.wgsl"

const tileRowPanels = 16u;
const tileColumnPanels = 8u;
const chunkTerms = 8u;
// Vectors in workgroup memory from one term to the next, and of a chunk.
const leftStride = tileRowPanels + 1u;
const rightStride = 2u * tileColumnPanels + 2u;
const leftChunk = chunkTerms * leftStride;
const rightChunk = chunkTerms * rightStride;

var<workgroup> lefts: array<vec4f, 2u * leftChunk>;
var<workgroup> rights: array<vec4f, 2u * rightChunk>;

// One invocation's part of a chunk: one term of two row panels, 8 apart, and half of one term of two column panels, 4
// apart.
struct Load {
  left0: vec4f,
  left1: vec4f,
  right0: vec4f,
  right1: vec4f,
}

//#workgroups ceilDiv(columnPanels, 8) * batch * ceilDiv(rowPanels, 16)
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) localIndex: u32, @builtin(workgroup_id) workgroupId: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = workgroupId.y * workgroupCount.x + workgroupId.x;
  let rowTiles = (params.rowPanels + tileRowPanels - 1u) / tileRowPanels;
  let product = index / rowTiles % params.batch;
  let firstRowPanel = index % rowTiles * tileRowPanels;
  let firstColumnPanel = index / (rowTiles * params.batch) * tileColumnPanels;
  if (firstColumnPanel >= params.columnPanels) { return; }

  let terms = params.termRows * params.termColumns;
  var next = load(localIndex, product, firstRowPanel, firstColumnPanel, 0u);
  storeChunk(localIndex, 0u, next);
  workgroupBarrier();

  // The invocation computes two row panels, 8 apart, by halves of two column panels, 4 apart.
  let row = localIndex / 8u;
  let column = localIndex % 8u;
  var s00 = mat4x4f();
  var s01 = mat4x4f();
  var s10 = mat4x4f();
  var s11 = mat4x4f();
  var buffer = 0u;
  for (var first = 0u; first < terms; first += chunkTerms) {
    // Behind the last term the last one is loaded again, and not multiplied.
    next = load(localIndex, product, firstRowPanel, firstColumnPanel, first + chunkTerms);
    var leftAt = buffer * leftChunk + row;
    var rightAt = buffer * rightChunk + column;
    for (var term = first; term < min(first + chunkTerms, terms); term++) {
      let x = lefts[leftAt];
      let y = lefts[leftAt + 8u];
      let a = rights[rightAt];
      let b = rights[rightAt + 8u];
      s00[0] += x.x * a;
      s00[1] += x.y * a;
      s00[2] += x.z * a;
      s00[3] += x.w * a;
      s01[0] += x.x * b;
      s01[1] += x.y * b;
      s01[2] += x.z * b;
      s01[3] += x.w * b;
      s10[0] += y.x * a;
      s10[1] += y.y * a;
      s10[2] += y.z * a;
      s10[3] += y.w * a;
      s11[0] += y.x * b;
      s11[1] += y.y * b;
      s11[2] += y.z * b;
      s11[3] += y.w * b;
      leftAt += leftStride;
      rightAt += rightStride;
    }
    buffer = 1u - buffer;
    storeChunk(localIndex, buffer, next);
    workgroupBarrier();
  }

  let rowPanel = firstRowPanel + row;
  let columnPanel = firstColumnPanel + column / 2u;
  store(rowPanel, product, columnPanel, column % 2u, s00);
  store(rowPanel, product, columnPanel + 4u, column % 2u, s01);
  store(rowPanel + 8u, product, columnPanel, column % 2u, s10);
  store(rowPanel + 8u, product, columnPanel + 4u, column % 2u, s11);
}

// Eight neighbors read adjacent terms of a row panel, and sixteen those of a column panel. In place of a panel behind the last, the
// last is loaded again.
fn load(localIndex: u32, product: u32, firstRowPanel: u32, firstColumnPanel: u32, first: u32) -> Load {
  let terms = params.termRows * params.termColumns;
  let term = min(first + localIndex % 8u, terms - 1u);
  let leftAt = (term / params.termColumns * params.termStride + product / params.batchColumns) * params.leftRowStride
    + term % params.termColumns * params.termStride + product % params.batchColumns * params.batchColumnStride;
  let rowPanel = firstRowPanel + localIndex / 8u;
  let lastRowPanel = params.rowPanels - 1u;
  let rightAt = 2u * (min(first + localIndex % 16u / 2u, terms - 1u) + product * params.rightBatchStride) + localIndex % 2u;
  let columnPanel = firstColumnPanel + localIndex / 16u;
  let lastColumnPanel = params.columnPanels - 1u;
  return Load(
    left[min(rowPanel, lastRowPanel) * params.leftPanelStride + leftAt],
    left[min(rowPanel + 8u, lastRowPanel) * params.leftPanelStride + leftAt],
    right[2u * (params.firstColumnPanel + min(columnPanel, lastColumnPanel)) * params.rightPanelStride + rightAt],
    right[2u * (params.firstColumnPanel + min(columnPanel + 4u, lastColumnPanel)) * params.rightPanelStride + rightAt],
  );
}

fn storeChunk(localIndex: u32, buffer: u32, chunk: Load) {
  let leftAt = buffer * leftChunk + localIndex % 8u * leftStride + localIndex / 8u;
  lefts[leftAt] = chunk.left0;
  lefts[leftAt + 8u] = chunk.left1;
  let rightAt = buffer * rightChunk + localIndex % 16u / 2u * rightStride + localIndex / 16u * 2u + localIndex % 2u;
  rights[rightAt] = chunk.right0;
  rights[rightAt + 8u] = chunk.right1;
}
