// product.wgsl for GPUs. It computes the same sums in the same order, hence the same bits, from tiles in workgroup
// memory.
// A workgroup computes 16 row panels by 8 column panels of one product, as tile.wgsl says. `left` is read in runs of 128
// bytes and `right` in runs of 256.
// Workgroups: index = (column tile·batch + product)·rowTiles + row tile.
//#include "product.operands.wgsl"
//#include "tile.wgsl"

const tileRowPanels = 16u;
const tileColumnPanels = 8u;

// Where the next vectors are that an invocation loads: one term of two row panels, 8 apart, and half of one term of two
// column panels, 4 apart.
struct Place {
  left0: u32,
  left1: u32,
  right0: u32,
  right1: u32,
  // The term's column.
  column: u32,
}

struct Vectors {
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

  // From a term to that of the next slice: `advance` quads of `left`, and `wrap` more where that leads to another row.
  let rowStride = params.termStride * params.leftRowStride;
  let advance = sliceTerms / params.termColumns * rowStride + sliceTerms % params.termColumns * params.termStride;
  let wrap = rowStride - params.termColumns * params.termStride;

  let row = localIndex / 8u;
  let column = localIndex % 8u;
  var place = begin(localIndex, product, firstRowPanel, firstColumnPanel);
  var next = load(place);
  var sums = Sums();
  let terms = params.termRows * params.termColumns;
  for (var first = 0u; first + sliceTerms <= terms; first += sliceTerms) {
    storeSlice(localIndex, next);
    workgroupBarrier();
    place.column += sliceTerms % params.termColumns;
    let beyond = place.column >= params.termColumns;
    place.column -= select(0u, params.termColumns, beyond);
    // Behind the last slice it is loaded again, and not used.
    let more = first + sliceTerms < terms;
    let step = select(0u, advance + select(0u, wrap, beyond), more);
    place.left0 += step;
    place.left1 += step;
    let rightStep = select(0u, 2u * sliceTerms, more);
    place.right0 += rightStep;
    place.right1 += rightStep;
    next = load(place);
    multiplySlice(row, column, &sums);
    workgroupBarrier();
  }
  // The last slice may have fewer terms. What is loaded behind them is not multiplied.
  storeSlice(localIndex, next);
  workgroupBarrier();
  multiplyTerms(terms % sliceTerms, row, column, &sums);

  let rowPanel = firstRowPanel + row;
  let columnPanel = firstColumnPanel + column / 2u;
  store(rowPanel, product, columnPanel, column % 2u, sums.s00);
  store(rowPanel, product, columnPanel + 4u, column % 2u, sums.s01);
  store(rowPanel + 8u, product, columnPanel, column % 2u, sums.s10);
  store(rowPanel + 8u, product, columnPanel + 4u, column % 2u, sums.s11);
}

// Eight neighbors read adjacent terms of a row panel, and sixteen those of a column panel. In place of a panel behind the
// last, the last is loaded again.
fn begin(localIndex: u32, product: u32, firstRowPanel: u32, firstColumnPanel: u32) -> Place {
  let term = localIndex % 8u;
  let leftAt = (term / params.termColumns * params.termStride + product / params.batchColumns) * params.leftRowStride
    + term % params.termColumns * params.termStride + product % params.batchColumns * params.batchColumnStride;
  let rowPanel = firstRowPanel + localIndex / 8u;
  let lastRowPanel = params.rowPanels - 1u;
  let rightAt = 2u * (localIndex % 16u / 2u + product * params.rightBatchStride) + localIndex % 2u;
  let columnPanel = firstColumnPanel + localIndex / 16u;
  let lastColumnPanel = params.columnPanels - 1u;
  let panelStride = 2u * params.rightPanelStride;
  return Place(
    min(rowPanel, lastRowPanel) * params.leftPanelStride + leftAt,
    min(rowPanel + 8u, lastRowPanel) * params.leftPanelStride + leftAt,
    (params.firstColumnPanel + min(columnPanel, lastColumnPanel)) * panelStride + rightAt,
    (params.firstColumnPanel + min(columnPanel + 4u, lastColumnPanel)) * panelStride + rightAt,
    term % params.termColumns,
  );
}

fn load(place: Place) -> Vectors {
  return Vectors(left[place.left0], left[place.left1], right[place.right0], right[place.right1]);
}

fn storeSlice(localIndex: u32, vectors: Vectors) {
  let row = localIndex / 8u;
  lefts[row][localIndex % 8u] = vectors.left0;
  lefts[row][sliceTerms + localIndex % 8u] = vectors.left1;
  let term = localIndex % 16u / 2u;
  let column = localIndex / 16u * 2u + localIndex % 2u;
  rights[term][0][column] = vectors.right0;
  rights[term][1][column] = vectors.right1;
}
