/** Twin of kernels/nn/product.blocks.wgsl. */
export function productBlocks(
  blocks: usize,
  result: usize,
  columnPanels: u32,
  count: u32,
  quads: u32,
  accumulate: u32,
  begin: u32,
  end: u32,
): void {
  const blockBytes = (<usize>quads) << 4;
  for (let index = begin; index < end; index++) {
    let from = blocks + <usize>(index / quads) * count * blockBytes + ((<usize>(index % quads)) << 4);
    const to = result + ((<usize>index) << 4);
    let sum = v128.load(from);
    if (accumulate) sum = f32x4.add(sum, v128.load(to));
    for (let block: u32 = 1; block < count; block++) {
      from += blockBytes;
      sum = f32x4.add(sum, v128.load(from));
    }
    v128.store(to, sum);
  }
}
