// Splats: result[vertex] = Σ weight·values[point] over the vertex's incidence list, in point order. Gathering along the
// lists, instead of adding to vertices from points, needs no float atomics and gives the same bits in every run. Each
// invocation computes a vertex's quad of channels; row `vertices` becomes zero.
// Splatting is the adjoint of slicing without its factor.
//#include "../shared/invocation.wgsl"

struct Params {
  vertices: u32,
  // `quads` is the number of quads in this pass. valueQuads is the row length of `values`, valueOffset the first quad
  // in it.
  quads: u32,
  valueQuads: u32,
  valueOffset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> offsets: array<u32>;
@group(0) @binding(2) var<storage, read> incidence: array<vec2u>;
// [points, valueQuads]
@group(0) @binding(3) var<storage, read> values: array<vec4f>;
// [vertices + 1, quads]
@group(0) @binding(4) var<storage, read_write> result: array<vec4f>;

//#invocations (vertices + 1) * quads
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= (params.vertices + 1u) * params.quads) { return; }
  let vertex = index / params.quads;
  let quad = params.valueOffset + index % params.quads;
  var sum = vec4f();
  let end = offsets[vertex + 1u];
  for (var i = offsets[vertex]; i < end; i++) {
    let pair = incidence[i];
    sum += bitcast<f32>(pair.y) * values[pair.x * params.valueQuads + quad];
  }
  result[index] = sum;
}
