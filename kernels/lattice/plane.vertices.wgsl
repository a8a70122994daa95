// Finds the neighbors of each vertex whose cell plane.mark flagged: they are a constant number of cells away.
//
// neighbors[axis, vertex] = (first, second); `vertices` stands for an absent neighbor. See neighbors.wgsl.
//#device wasm
//#include "../shared/invocation.wgsl"

struct Params {
  cells: u32,
  stride: u32,
  vertices: u32,
  // Stride, in pairs, from one axis to the next: vertices + 1, rounded up so that each axis can be bound by itself.
  axisLength: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [cells + 1]: how many vertices have cells before each.
@group(0) @binding(1) var<storage, read> numbers: array<u32>;
// [3, axisLength]
@group(0) @binding(2) var<storage, read_write> neighbors: array<vec2u>;

fn vertexAt(cell: u32) -> u32 {
  let vertex = numbers[cell];
  return select(params.vertices, vertex, numbers[cell + 1u] != vertex);
}

//#invocations cells
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let cell = invocation(id, workgroupCount);
  if (cell >= params.cells) { return; }
  if (cell == 0u) {
    // Nothing is in the first cell: its invocation writes what stands behind the last vertex.
    for (var axis = 0u; axis < 3u; axis++) {
      for (var i = params.vertices; i < params.axisLength; i++) { neighbors[axis * params.axisLength + i] = vec2u(params.vertices); }
    }
  }
  let vertex = vertexAt(cell);
  if (vertex == params.vertices) { return; }
  let steps = vec3u(params.stride + 3u, params.stride, 0u);
  let both = 2u * params.stride + 1u;
  let remainder = cell % 3u;
  // From remainder 0 both coordinates go down and the remainder up by 2, elsewhere the remainder down by 1; then the axis' own goes up.
  for (var axis = 0u; axis < 3u; axis++) {
    let first = cell + steps[axis] - select(1u, both, remainder == 0u);
    let second = cell - steps[axis] + select(1u, both, remainder == 2u);
    neighbors[axis * params.axisLength + vertex] = vec2u(vertexAt(first), vertexAt(second));
  }
}
