// Applies an L×L matrix M to the vector x of every row: result = addend + factor·M·x. These are the message weighting
// and the compatibility transform of CRF-RNN (Zheng et al. 2015, sections 4.2.3 and 4.2.4: convolutions of size 1). The
// addend is left out where add = 0. Where diagonal ≠ 0, M is diagonal and comes as one row: result = addend + factor·m∘x.
// Each invocation computes a row's quad of result channels.
// The adjoint with respect to the values applies the transposed matrix.
//#include "../shared/invocation.wgsl"

struct Params {
  rows: u32,
  channels: u32,
  // First row of the matrix. Untied parameters have one matrix for each iteration, stacked one below the other.
  matrixRow: u32,
  diagonal: u32,
  factor: f32,
  add: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [rows, channels], rows padded
@group(0) @binding(1) var<storage, read> values: array<vec4f>;
// […, channels], rows padded: matrix[result channel][channel], or the diagonals, one a row
@group(0) @binding(2) var<storage, read> matrix: array<vec4f>;
@group(0) @binding(3) var<storage, read> addend: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> result: array<vec4f>;

//#invocations rows * ceilDiv(channels, 4)
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  let quads = (params.channels + 3u) / 4u;
  if (index >= params.rows * quads) { return; }
  let row = index / quads * quads;
  let channel = index % quads * 4u;
  var sum = vec4f();
  if (params.diagonal != 0u) { sum = matrix[params.matrixRow * quads + index % quads] * values[index]; }
  for (var q = 0u; params.diagonal == 0u && q < quads; q++) {
    let x = values[row + q];
    for (var lane = 0u; lane < min(4u, params.channels - channel); lane++) {
      sum[lane] += dot(matrix[(params.matrixRow + channel + lane) * quads + q], x);
    }
  }
  var total = params.factor * sum;
  if (params.add != 0u) { total += addend[index]; }
  result[index] = total;
}
