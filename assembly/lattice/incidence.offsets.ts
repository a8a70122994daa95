import { block as pairs } from "./incidence";

/** Twin of kernels/lattice/incidence.offsets.wgsl. */
export function incidenceOffsets(
  offsets: usize,
  lists: usize,
  starts: usize,
  blockVertices: usize,
  vertices: u32,
  blocks: u32,
  bandBlocks: u32,
  begin: u32,
  end: u32,
): void {
  const stride = (<usize>vertices) << 2;
  let band = begin / vertices;
  let vertex = begin - band * vertices;
  for (let index = begin; index < end; index++) {
    let place = load<u32>(offsets + ((<usize>(index + 2 * band)) << 2));
    let start = starts + <usize>(band * bandBlocks) * stride + ((<usize>vertex) << 2);
    for (let left = min(bandBlocks, blocks - band * bandBlocks); left > 0; left--) {
      const count = load<u32>(start);
      store<u32>(start, place);
      place += count;
      start += stride;
    }
    if (band == 0) {
      const list = lists + ((<usize>vertex) << 2);
      const last = load<u32>(list, 4);
      for (let row = (load<u32>(list) + pairs - 1) / pairs; row * pairs < last; row++) {
        store<u32>(blockVertices + ((<usize>row) << 2), vertex);
      }
    }
    if (++vertex == vertices) {
      vertex = 0;
      band++;
    }
  }
}
