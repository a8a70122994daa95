// Computes the gradient of the barycentric weights of a slice without its factor α: dots[point][r] +=
// factor_point·(values[vertex_r]·other[point]), a dot product over channels. `factors` holds the normalization factor
// of each point and is read only if normalized ≠ 0; otherwise the factor is 1. Each invocation computes an entry.
//#include "../shared/invocation.wgsl"

struct Params {
  entries: u32,
  // `quads` is the number of quads in this pass. otherQuads is the row length of `other`, otherOffset the first quad in
  // it.
  quads: u32,
  otherQuads: u32,
  otherOffset: u32,
  normalized: u32,
}

const DIMENSIONS: u32 = 5u; // specialized
const COORDINATES = DIMENSIONS + 1u;

@group(0) @binding(0) var<uniform> params: Params;
// [points, d + 1] pairs of vertex and weight
@group(0) @binding(1) var<storage, read> simplices: array<vec2u>;
// [vertices + 1, quads]
@group(0) @binding(2) var<storage, read> values: array<vec4f>;
// [points, otherQuads]
@group(0) @binding(3) var<storage, read> other: array<vec4f>;
// [points]
@group(0) @binding(4) var<storage, read> factors: array<f32>;
// [points, d + 1]
@group(0) @binding(5) var<storage, read_write> dots: array<f32>;

//#invocations entries
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let entry = invocation(id, workgroupCount);
  if (entry >= params.entries) { return; }
  let point = entry / COORDINATES;
  let vertex = simplices[entry].x;
  let first = point * params.otherQuads + params.otherOffset;
  var sum = vec4f();
  for (var q = 0u; q < params.quads; q++) { sum += values[vertex * params.quads + q] * other[first + q]; }
  var factor = 1.0;
  if (params.normalized != 0u) { factor = factors[point]; }
  dots[entry] += factor * (sum.x + sum.y + sum.z + sum.w);
}
