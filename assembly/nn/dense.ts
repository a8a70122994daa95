/** Twin of kernels/nn/dense.wgsl. */
export function dense(
  values: usize,
  result: usize,
  count: u32,
  size1: u32,
  size2: u32,
  size3: u32,
  stride0: u32,
  stride1: u32,
  stride2: u32,
  stride3: u32,
  begin: u32,
  end: u32,
): void {
  const first = begin << 2;
  let k = first % size3;
  let j = (first / size3) % size2;
  let l = (first / size3 / size2) % size1;
  let m = first / size3 / size2 / size1;
  for (let index = first; index < end << 2; index++) {
    const to = result + ((<usize>index) << 2);
    if (index >= count) {
      store<f32>(to, 0);
      continue;
    }
    store<f32>(to, load<f32>(values + ((<usize>(m * stride0 + l * stride1 + j * stride2 + k * stride3)) << 2)));
    if (++k < size3) continue;
    k = 0;
    if (++j < size2) continue;
    j = 0;
    if (++l < size1) continue;
    l = 0;
    m++;
  }
}
