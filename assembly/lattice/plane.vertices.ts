/** Twin of kernels/lattice/plane.vertices.wgsl. */
export function planeVertices(
  numbers: usize,
  neighbors: usize,
  cells: u32,
  stride: u32,
  vertices: u32,
  axisLength: u32,
  begin: u32,
  end: u32,
): void {
  // How far both coordinates lead down, and the remainder up by 2.
  const both = 2 * stride + 1;
  const axisBytes = (<usize>axisLength) << 3;
  if (begin == 0) writeEnd(neighbors, vertices, axisLength);
  for (let cell = begin; cell < end; cell++) {
    const vertex = load<u32>(numbers + ((<usize>cell) << 2));
    if (load<u32>(numbers + ((<usize>cell) << 2), 4) == vertex) continue;
    const remainder = cell % 3;
    const first = cell - (remainder == 0 ? both : 1);
    const second = cell + (remainder == 2 ? both : 1);
    const to = neighbors + ((<usize>vertex) << 3);
    store<u64>(to, pairAt(numbers, first + stride + 3, second - stride - 3, vertices));
    store<u64>(to + axisBytes, pairAt(numbers, first + stride, second - stride, vertices));
    store<u64>(to + 2 * axisBytes, pairAt(numbers, first, second, vertices));
  }
}

/** What stands behind the last vertex. */
function writeEnd(neighbors: usize, vertices: u32, axisLength: u32): void {
  for (let axis: u32 = 0; axis < 3; axis++) {
    for (let i = vertices; i < axisLength; i++) {
      store<u64>(neighbors + ((<usize>(axis * axisLength + i)) << 3), ((<u64>vertices) << 32) | <u64>vertices);
    }
  }
}

/** The vertices of two cells, side by side; `vertices` for a cell that nothing is in. */
// @ts-ignore: decorator
@inline
function pairAt(numbers: usize, first: u32, second: u32, vertices: u32): u64 {
  return <u64>vertexAt(numbers, first, vertices) | ((<u64>vertexAt(numbers, second, vertices)) << 32);
}

// @ts-ignore: decorator
@inline
function vertexAt(numbers: usize, cell: u32, vertices: u32): u32 {
  const at = numbers + ((<usize>cell) << 2);
  const vertex = load<u32>(at);
  return select<u32>(vertex, vertices, load<u32>(at, 4) != vertex);
}
