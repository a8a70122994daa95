// Adds the bias to a convolution's sum and applies the ReLU, where it has them. A kernel that includes this has the
// parameters `biased` and `relu` and the binding `bias`.
//#include "../shared/nan.wgsl"

fn epilogue(sum: vec4f, quad: u32) -> vec4f {
  var total = sum;
  if (params.biased != 0u) { total += bias[quad]; }
  if (params.relu != 0u) { total = rectified4(total); }
  return total;
}
