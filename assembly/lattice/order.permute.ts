/** Twin of kernels/lattice/order.permute.wgsl. */
export function orderPermute(
  order: usize,
  vertexKeys: usize,
  sortedKeys: usize,
  vertexNumbers: usize,
  vertices: u32,
  dimensions: u32,
  begin: u32,
  end: u32,
): void {
  const words = dimensions / 2 + 1;
  for (let index = begin; index < end; index++) {
    const vertex = load<u32>(order + ((<usize>index) << 2));
    store<u32>(vertexNumbers + ((<usize>vertex) << 2), index);
    const from = vertexKeys + <usize>((vertex * words) << 2);
    const to = sortedKeys + <usize>((index * words) << 2);
    for (let k: u32 = 0; k < words; k++) store<u32>(to + ((<usize>k) << 2), load<u32>(from + ((<usize>k) << 2)));
  }
}
