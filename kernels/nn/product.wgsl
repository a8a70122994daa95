// A batched matrix product of packed operands, the inner loop of weight gradients and of minimal filtering: result[b]
// (+)= left[b]·right[b] for every b < batch. The rows of a result come in row panels of 4 and its columns in column
// panels of 8, and each of its elements sums termRows·termColumns terms:
//   result[columnPanel][b][4·rowPanel + lane][8] (+)= Σ_{row, column} left[leftAt][lane]·right[rightAt][8],
//   leftAt = rowPanel·leftPanelStride + (row·termStride + b / batchColumns)·leftRowStride + column·termStride
//     + b % batchColumns·batchColumnStride,
//   rightAt = (firstColumnPanel + columnPanel)·rightPanelStride + b·rightBatchStride + row·termColumns + column.
// With accumulate = 1 the sums are added to the result, so that a map can be summed range by range in a fixed order.
// In weight gradients the batch is the taps, a term is a pixel, the rows are inputs and the columns are outputs. `left`
// is the convolution's input and `right` the gradient of its output, which all taps share (rightBatchStride = 0), and
// the result is in layout panels. In minimal filtering the batch is the 16 elements of a transformed tile.
// Each invocation computes 4 by 8 sums: index = (columnPanel·batch + b)·rowPanels + rowPanel. It adds all terms of a
// sum itself, so that the bits do not depend on the number of threads.
//#include "../shared/invocation.wgsl"
//#include "product.operands.wgsl"

//#invocations columnPanels * batch * rowPanels
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= params.columnPanels * params.batch * params.rowPanels) { return; }
  let rowPanel = index % params.rowPanels;
  let product = index / params.rowPanels % params.batch;
  let columnPanel = index / (params.rowPanels * params.batch);
  var low = mat4x4f();
  var high = mat4x4f();
  let first = rowPanel * params.leftPanelStride + product / params.batchColumns * params.leftRowStride + product % params.batchColumns * params.batchColumnStride;
  var rightAt = 2u * ((params.firstColumnPanel + columnPanel) * params.rightPanelStride + product * params.rightBatchStride);
  for (var row = 0u; row < params.termRows; row++) {
    var leftAt = first + row * params.termStride * params.leftRowStride;
    for (var column = 0u; column < params.termColumns; column++) {
      let x = left[leftAt];
      let a = right[rightAt];
      let b = right[rightAt + 1u];
      low[0] += x.x * a;
      low[1] += x.y * a;
      low[2] += x.z * a;
      low[3] += x.w * a;
      high[0] += x.x * b;
      high[1] += x.y * b;
      high[2] += x.z * b;
      high[3] += x.w * b;
      leftAt += params.termStride;
      rightAt += 2u;
    }
  }
  store(rowPanel, product, columnPanel, 0u, low);
  store(rowPanel, product, columnPanel, 1u, high);
}
