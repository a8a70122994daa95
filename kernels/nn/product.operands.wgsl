// The parameters and bindings that product.wgsl and its forms share, and how they store sums. product.wgsl says what
// the words mean.
//#include "fused.wgsl"
//#include "weights.wgsl"

//#operations columnPanels * 8 * batch * rowPanels * 4 * termRows * termColumns * 2
struct Params {
  columnPanels: u32,
  batch: u32,
  rowPanels: u32,
  // How the batch is numbered: product b begins b / batchColumns rows and b % batchColumns columns further on in
  // `left`; the columns of the batch are batchColumnStride quads apart.
  batchColumns: u32,
  batchColumnStride: u32,
  termRows: u32,
  termColumns: u32,
  // Quads of `left` from one term to the next, from one row to the next, and from one row panel to the next.
  termStride: u32,
  leftRowStride: u32,
  leftPanelStride: u32,
  // Terms of `right` from one product of the batch to the next, and from one column panel to the next.
  rightBatchStride: u32,
  rightPanelStride: u32,
  // The column panel of `right` that belongs to the first of the result.
  firstColumnPanel: u32,
  accumulate: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [rowPanels, leftPanelStride] quads
@group(0) @binding(1) var<storage, read> left: array<vec4f>;
// [column panels, rightPanelStride, 2] quads, as they are or as halves
@group(0) @binding(2) var<storage, read> right: array<vec4u>;
// [columnPanels, batch, 4·rowPanels, 8]
@group(0) @binding(3) var<storage, read_write> result: array<vec4f>;

// Stores 4 by 4 sums: a row panel by half a column panel, of which `side` is 0 or 1.
fn store(rowPanel: u32, product: u32, columnPanel: u32, side: u32, sums: mat4x4f) {
  if (rowPanel >= params.rowPanels || columnPanel >= params.columnPanels) { return; }
  var total = sums;
  for (var lane = 0u; lane < 4u; lane++) {
    let to = ((columnPanel * params.batch + product) * params.rowPanels + rowPanel) * 8u + 2u * lane + side;
    if (params.accumulate != 0u) { total[lane] += result[to]; }
    result[to] = total[lane];
  }
}

// A quad of `right`.
fn rightQuad(at: u32) -> vec4f {
  return quadOf(right[wordsOf(at)], at);
}
