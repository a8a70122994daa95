import { block } from "./incidence";

/** Twin of kernels/lattice/incidence.offsets.wgsl. */
export function incidenceOffsets(
  starts: usize,
  offsets: usize,
  blockVertices: usize,
  entries: u32,
  vertices: u32,
  blocks: u32,
  begin: u32,
  end: u32,
): void {
  const stride = (<usize>blocks) << 2;
  let at = starts + <usize>begin * stride;
  for (let vertex = begin; vertex < end; vertex++) {
    const first = load<u32>(at);
    at += stride;
    const last = vertex + 1 < vertices ? load<u32>(at) : entries;
    store<u32>(offsets + ((<usize>vertex) << 2), first);
    for (let row = (first + block - 1) / block; row * block < last; row++) {
      store<u32>(blockVertices + ((<usize>row) << 2), vertex);
    }
  }
  if (end == vertices) {
    store<u32>(offsets + ((<usize>vertices) << 2), entries);
    store<u32>(offsets + ((<usize>vertices) << 2), entries, 4);
  }
}
