// product.wgsl for adapters all of whose subgroups have 8 invocations, as lavapipe's have on x86. It computes the same
// sums in the same order. A subgroup is a workgroup of its own here. It computes 4 row panels by 4 column panels of one
// product, and each of its invocations half a column panel of them: 16 by 4 sums.
// Two terms of the four row panels are eight vectors. Each invocation loads one of them, and the others get it by
// broadcast from register to register: two loads for 128 multiply-adds. In product.wgsl every invocation loads all that
// it needs: six loads for 64.
// Workgroups: index = (column tile·batch + product)·rowTiles + row tile.
//#include "product.operands.wgsl"
enable subgroups;

const tileRowPanels = 4u;
const tileColumnPanels = 4u;

//#workgroups ceilDiv(columnPanels, 4) * batch * ceilDiv(rowPanels, 4)
@compute @workgroup_size(8)
fn main(@builtin(subgroup_invocation_id) subgroupIndex: u32, @builtin(workgroup_id) workgroupId: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = workgroupId.y * workgroupCount.x + workgroupId.x;
  let rowTiles = (params.rowPanels + tileRowPanels - 1u) / tileRowPanels;
  let product = index / rowTiles % params.batch;
  let firstRowPanel = index % rowTiles * tileRowPanels;
  let firstColumnPanel = index / (rowTiles * params.batch) * tileColumnPanels;
  if (firstColumnPanel >= params.columnPanels) { return; }

  // Panels behind the last one are computed from the last one and discarded.
  let rowPanel = min(firstRowPanel + subgroupIndex % tileRowPanels, params.rowPanels - 1u);
  let columnPanel = params.firstColumnPanel + min(firstColumnPanel + subgroupIndex / 2u, params.columnPanels - 1u);
  let terms = params.termRows * params.termColumns;
  // Four invocations load the row panels' even terms, and four the odd ones. Each goes on by two terms, which may lead to another row.
  let rowStride = params.termStride * params.leftRowStride;
  let columnAdvance = 2u % params.termColumns;
  let leftAdvance = 2u / params.termColumns * rowStride + columnAdvance * params.termStride;
  let wrap = rowStride - params.termColumns * params.termStride;
  let odd = subgroupIndex / tileRowPanels;
  var column = odd % params.termColumns;
  var leftAt = rowPanel * params.leftPanelStride + product / params.batchColumns * params.leftRowStride + product % params.batchColumns * params.batchColumnStride
    + odd / params.termColumns * rowStride + column * params.termStride;
  var rightAt = 2u * (columnPanel * params.rightPanelStride + product * params.rightBatchStride) + subgroupIndex % 2u;
  var s0 = mat4x4f();
  var s1 = mat4x4f();
  var s2 = mat4x4f();
  var s3 = mat4x4f();
  for (var term = 1u; term < terms; term += 2u) {
    let x = left[leftAt];
    let a = rightQuad(rightAt);
    let b = rightQuad(rightAt + 2u);
    s0 = fused(subgroupBroadcast(x, 0u), a, s0);
    s1 = fused(subgroupBroadcast(x, 1u), a, s1);
    s2 = fused(subgroupBroadcast(x, 2u), a, s2);
    s3 = fused(subgroupBroadcast(x, 3u), a, s3);
    s0 = fused(subgroupBroadcast(x, 4u), b, s0);
    s1 = fused(subgroupBroadcast(x, 5u), b, s1);
    s2 = fused(subgroupBroadcast(x, 6u), b, s2);
    s3 = fused(subgroupBroadcast(x, 7u), b, s3);
    rightAt += 4u;
    leftAt += leftAdvance;
    column += columnAdvance;
    let beyond = column >= params.termColumns;
    column -= select(0u, params.termColumns, beyond);
    leftAt += select(0u, wrap, beyond);
  }
  if (terms % 2u == 1u) {
    // The number of terms is odd, so the vectors that the last four invocations load lie behind the last term and are
    // not used.
    let x = left[leftAt];
    let a = rightQuad(rightAt);
    s0 = fused(subgroupBroadcast(x, 0u), a, s0);
    s1 = fused(subgroupBroadcast(x, 1u), a, s1);
    s2 = fused(subgroupBroadcast(x, 2u), a, s2);
    s3 = fused(subgroupBroadcast(x, 3u), a, s3);
  }

  let to = firstColumnPanel + subgroupIndex / 2u;
  store(firstRowPanel, product, to, subgroupIndex % 2u, s0);
  store(firstRowPanel + 1u, product, to, subgroupIndex % 2u, s1);
  store(firstRowPanel + 2u, product, to, subgroupIndex % 2u, s2);
  store(firstRowPanel + 3u, product, to, subgroupIndex % 2u, s3);
}
