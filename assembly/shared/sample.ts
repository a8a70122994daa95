/** Twin of kernels/shared/sample.wgsl. */
export function sample(values: usize, places: usize, result: usize, count: u32, begin: u32, end: u32): void {
  for (let index = <usize>begin; index < <usize>end; index++) {
    const place = <usize>load<u32>(places + (index << 2));
    store<f32>(result + (index << 2), load<f32>(values + (place << 2)));
  }
}
