import { block } from "./incidence";

/** Twin of kernels/lattice/incidence.fill.wgsl. */
export function incidenceFill(
  sortedVertices: usize,
  sortedOrder: usize,
  barycentric: usize,
  incidence: usize,
  offsets: usize,
  blockVertices: usize,
  entries: u32,
  vertices: u32,
  dimensions: u32,
  begin: u32,
  end: u32,
): void {
  const coordinates = dimensions + 1;
  let next: u32 = begin == 0 ? 0 : load<u32>(sortedVertices + ((<usize>(begin - 1)) << 2)) + 1;
  for (let index = begin; index < end; index++) {
    const entry = load<u32>(sortedOrder + ((<usize>index) << 2));
    const pair = incidence + ((<usize>index) << 3);
    store<u32>(pair, entry / coordinates);
    store<u32>(pair, load<u32>(barycentric + ((<usize>entry) << 2)), 4);
    const vertex = load<u32>(sortedVertices + ((<usize>index) << 2));
    if (index % block == 0) store<u32>(blockVertices + ((<usize>(index / block)) << 2), vertex);
    for (; next <= vertex; next++) store<u32>(offsets + ((<usize>next) << 2), index);
  }
  if (end == entries) {
    store<u32>(offsets + ((<usize>vertices) << 2), entries);
    store<u32>(offsets + ((<usize>vertices) << 2), entries, 4);
  }
}
