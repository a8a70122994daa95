// Computes the two matrices that inference needs from the three learned ones. They are transposed, so that a pixel's
// filtered values run along rows:
//   matrices[k][in][out] = factor_k·Σ_j C[out][j]·W_k[j][in] for k = spatial, bilateral.
// C·(W_s F_s + W_b F_b) equals (C W_s) F_s + (C W_b) F_b, which saves one product for each pixel and iteration. The
// factors are the slice factors α of both lattices. Padding is zero. Each invocation computes an element.
//#include "../shared/invocation.wgsl"

struct Params {
  channels: u32,
  // First row of this iteration's matrices.
  matrixRow: u32,
  spatialFactor: f32,
  bilateralFactor: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [rows, channels], rows padded: [out][in]
@group(0) @binding(1) var<storage, read> spatialWeight: array<f32>;
@group(0) @binding(2) var<storage, read> bilateralWeight: array<f32>;
@group(0) @binding(3) var<storage, read> compatibility: array<f32>;
// [2, channels, channels], rows padded
@group(0) @binding(4) var<storage, read_write> matrices: array<f32>;

//#invocations 2 * channels * 4 * ceilDiv(channels, 4)
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  let rowStride = (params.channels + 3u) / 4u * 4u;
  if (index >= 2u * params.channels * rowStride) { return; }
  let output = index % rowStride;
  let input = index / rowStride % params.channels;
  let bilateral = index / rowStride >= params.channels;
  var sum = 0.0;
  if (output < params.channels) {
    for (var j = 0u; j < params.channels; j++) {
      let at = (params.matrixRow + j) * rowStride + input;
      let weight = select(spatialWeight[at], bilateralWeight[at], bilateral);
      sum += compatibility[(params.matrixRow + output) * rowStride + j] * weight;
    }
  }
  matrices[index] = sum * select(params.spatialFactor, params.bilateralFactor, bilateral);
}
