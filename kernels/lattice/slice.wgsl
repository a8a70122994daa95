// Slices: result[point] = factor·Σ_r weight·values[vertex] over the point's simplex. The weights may already include
// the normalization (slice.normalize). The slice factor α = 1/(1 + 2^−d) undoes the gain of the blur (Krähenbühl and
// Koltun 2011). Each invocation computes a point's quad of channels.
// The adjoint is factor·splat.
//#include "../shared/invocation.wgsl"

struct Params {
  points: u32,
  // `quads` is the number of quads in this pass. resultQuads is the row length of `result`, resultOffset the first quad
  // in it.
  quads: u32,
  resultQuads: u32,
  resultOffset: u32,
  factor: f32,
}

const DIMENSIONS: u32 = 5u; // specialized
const COORDINATES = DIMENSIONS + 1u;

@group(0) @binding(0) var<uniform> params: Params;
// [points, d + 1] pairs of vertex and weight
@group(0) @binding(1) var<storage, read> simplices: array<vec2u>;
// [vertices + 1, quads]
@group(0) @binding(2) var<storage, read> values: array<vec4f>;
// [points, resultQuads]
@group(0) @binding(3) var<storage, read_write> result: array<vec4f>;

//#invocations points * quads
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= params.points * params.quads) { return; }
  let point = index / params.quads;
  let quad = index % params.quads;
  var sum = vec4f();
  for (var r = 0u; r < COORDINATES; r++) {
    let pair = simplices[point * COORDINATES + r];
    sum += bitcast<f32>(pair.y) * values[pair.x * params.quads + quad];
  }
  result[point * params.resultQuads + params.resultOffset + quad] = params.factor * sum;
}
