// Transposes a matrix, for the adjoint of compatibility.wgsl: result = matrixᵀ. Each invocation computes a row of the
// result.
//#include "../shared/invocation.wgsl"

struct Params {
  channels: u32,
  // First row of the matrix. Untied parameters have one matrix for each iteration, stacked one below the other.
  matrixRow: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// […, channels], rows padded
@group(0) @binding(1) var<storage, read> matrix: array<f32>;
// [channels, channels], rows padded
@group(0) @binding(2) var<storage, read_write> result: array<f32>;

//#invocations channels
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let row = invocation(id, workgroupCount);
  if (row >= params.channels) { return; }
  let rowStride = (params.channels + 3u) / 4u * 4u;
  for (var c = 0u; c < rowStride; c++) {
    var value = 0.0;
    if (c < params.channels) { value = matrix[(params.matrixRow + c) * rowStride + row]; }
    result[row * rowStride + c] = value;
  }
}
