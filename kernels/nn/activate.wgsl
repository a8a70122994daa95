// What a sum of a convolution ends in: its bias and its ReLU, where it has them. For kernels with the parameters `biased` and
// `relu` and the binding `bias`.
//#include "../shared/nan.wgsl"

fn activate(sum: vec4f, quad: u32) -> vec4f {
  var total = sum;
  if (params.biased != 0u) { total += bias[quad]; }
  if (params.relu != 0u) { total = rectified4(total); }
  return total;
}
