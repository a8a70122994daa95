/** Twin of kernels/lattice/order.pack.wgsl. */
export function orderPack(
  vertexKeys: usize,
  fields: usize,
  packedKeys: usize,
  vertices: u32,
  dimensions: u32,
  begin: u32,
  end: u32,
): void {
  const keyBytes = (<usize>(dimensions / 2 + 1)) << 2;
  const tagShift = (dimensions & 1) << 4;
  for (let vertex = begin; vertex < end; vertex++) {
    const key = vertexKeys + <usize>vertex * keyBytes;
    const tag = load<u32>(key + keyBytes - 4) >> tagShift;
    let field = fields;
    let packed: u64 = 0;
    for (let i: u32 = 0; i < dimensions; i++) {
      packed |= placed(<u32>load<u16>(key + ((<usize>i) << 1)), field);
      field += 8;
    }
    packed |= placed(tag & 15, field) | placed(tag >> 4, field + 8);
    store<u64>(packedKeys + ((<usize>vertex) << 3), packed);
  }
}

/** What a field of a key adds to the packed key, by its offset and shift. */
// @ts-ignore: decorator
@inline
function placed(value: u32, field: usize): u64 {
  const shift = load<u32>(field, 4);
  return shift < 64 ? (<u64>(value + load<u32>(field))) << (<u64>shift) : 0;
}
