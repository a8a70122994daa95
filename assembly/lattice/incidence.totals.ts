/** Twin of kernels/lattice/incidence.totals.wgsl. */
export function incidenceTotals(
  counts: usize,
  totals: usize,
  vertices: u32,
  blocks: u32,
  bandBlocks: u32,
  begin: u32,
  end: u32,
): void {
  const stride = (<usize>vertices) << 2;
  let vertex = begin % (vertices + 2);
  let first = (begin / (vertices + 2)) * bandBlocks;
  for (let index = begin; index < end; index++) {
    let total: u32 = 0;
    if (vertex < vertices) {
      let count = counts + <usize>first * stride + ((<usize>vertex) << 2);
      for (let left = min(bandBlocks, blocks - first); left > 0; left--) {
        total += load<u32>(count);
        count += stride;
      }
    }
    store<u32>(totals + ((<usize>index) << 2), total);
    if (++vertex == vertices + 2) {
      vertex = 0;
      first += bandBlocks;
    }
  }
}
