/** Twin of kernels/lattice/order.digit.wgsl. */
export function orderDigit(
  packedKeys: usize,
  order: usize,
  digits: usize,
  vertices: u32,
  shift: u32,
  digitMask: u32,
  identity: u32,
  begin: u32,
  end: u32,
): void {
  for (let index = begin; index < end; index++) {
    const at = (<usize>index) << 2;
    const vertex = <usize>(identity ? index : load<u32>(order + at));
    store<u32>(digits + at, <u32>(load<u64>(packedKeys + (vertex << 3)) >> <u64>shift) & digitMask);
  }
}
