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

// The sums of a row panel by the two halves of a column panel.
struct Sums {
  low: mat4x4f,
  high: mat4x4f,
}

//#invocations columnPanels * batch * rowPanels
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= params.columnPanels * params.batch * params.rowPanels) { return; }
  let rowPanel = index % params.rowPanels;
  let product = index / params.rowPanels % params.batch;
  let columnPanel = index / (params.rowPanels * params.batch);
  var sums = Sums();
  let first = rowPanel * params.leftPanelStride + product / params.batchColumns * params.leftRowStride + product % params.batchColumns * params.batchColumnStride;
  var rightAt = 2u * ((params.firstColumnPanel + columnPanel) * params.rightPanelStride + product * params.rightBatchStride);
  for (var row = 0u; row < params.termRows; row++) {
    var leftAt = first + row * params.termStride * params.leftRowStride;
    // Sixteen terms a turn, a number that compilers know, and then those that are left.
    for (var turn = params.termColumns / 16u; turn > 0u; turn--) {
      for (var term = 0u; term < 16u; term++) {
        multiply(leftAt, rightAt, &sums);
        leftAt += params.termStride;
        rightAt += 2u;
      }
    }
    for (var rest = params.termColumns % 16u; rest > 0u; rest--) {
      multiply(leftAt, rightAt, &sums);
      leftAt += params.termStride;
      rightAt += 2u;
    }
  }
  store(rowPanel, product, columnPanel, 0u, sums.low);
  store(rowPanel, product, columnPanel, 1u, sums.high);
}

fn multiply(leftAt: u32, rightAt: u32, sums: ptr<function, Sums>) {
  let x = left[leftAt];
  // Of halves both quads are in the same words.
  let words = wordsOf(rightAt);
  (*sums).low = fused(x, quadOf(right[words], 0u), (*sums).low);
  (*sums).high = fused(x, quadOf(right[words + 1u - HALVES], 1u), (*sums).high);
}
