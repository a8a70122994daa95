/** Twin of kernels/lattice/normalization.wgsl. */
export function normalization(values: usize, factors: usize, points: u32, symmetric: u32, begin: u32, end: u32): void {
  for (let point = begin; point < end; point++) {
    const sum = load<f32>(values + ((<usize>point) << 4)) + <f32>1e-20;
    store<f32>(factors + ((<usize>point) << 2), <f32>1 / (symmetric ? sqrt(sum) : sum));
  }
}
