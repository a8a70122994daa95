/** Twin of kernels/lattice/order.digit.wgsl. */
export function orderDigit(
  vertexKeys: usize,
  order: usize,
  digits: usize,
  vertices: u32,
  coordinate: u32,
  identity: u32,
  dimensions: u32,
  begin: u32,
  end: u32,
): void {
  const keyBytes = (dimensions / 2 + 1) << 2;
  const own = vertexKeys + ((<usize>coordinate) << 1);
  const tag = vertexKeys + ((<usize>dimensions) << 1);
  for (let index = begin; index < end; index++) {
    const at = (<usize>index) << 2;
    const key = <usize>((identity ? index : load<u32>(order + at)) * keyBytes);
    const value = <u32>load<u16>(own + key) * (dimensions + 1) + ((<u32>load<u16>(tag + key)) & 15);
    store<u32>(digits + at, value & 1023);
  }
}
