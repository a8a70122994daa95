// The epilogue of a convolution: its bias and its ReLU, where it has them. It is for kernels that have the parameters `biased` and
// `relu` and the binding `bias`.
//#include "../shared/nan.wgsl"

fn epilogue(sum: vec4f, quad: u32) -> vec4f {
  var total = sum;
  if (params.biased != 0u) { total += bias[quad]; }
  if (params.relu != 0u) { total = rectified4(total); }
  return total;
}
