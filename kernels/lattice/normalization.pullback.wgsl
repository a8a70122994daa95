// Computes the gradient of h = K·1, through the factors n = 1/(h + ε) of a normalized filter, from the dot products of
// slice.dots. For out = p∘K(q∘v) with gradient g, ∂loss/∂p = g·K(q∘v) = α Σ_r b_r·V_r·g, which are the dots of the
// gradient over p, and ∂loss/∂q are the dots of the values over q. n is the factor itself, or s² where s = √n is the
// factor (ds/dh = −½s³). Therefore
//
//   after (p = n):      ∂loss/∂h = −n·α Σ_r b_r·gradientDots_r
//   before (q = n):     ∂loss/∂h = −n·α Σ_r b_r·valueDots_r
//   symmetric (p = q = s): ∂loss/∂h = −½n·α Σ_r b_r·(valueDots_r + gradientDots_r)
//
// result is a map of one channel, with padded rows. Each invocation computes a point.
//#include "../shared/invocation.wgsl"

struct Params {
  points: u32,
  // Factors of both sums, which include −α: (0, −α) for after, (−α, 0) for before, (−α/2, −α/2) for symmetric.
  valuesShare: f32,
  gradientShare: f32,
  // `factors` holds s and not n.
  symmetric: u32,
}

const DIMENSIONS: u32 = 5u; // specialized
const COORDINATES = DIMENSIONS + 1u;

@group(0) @binding(0) var<uniform> params: Params;
// [points, d + 1] pairs of vertex and weight, the weight without normalization
@group(0) @binding(1) var<storage, read> simplices: array<vec2u>;
// [points]
@group(0) @binding(2) var<storage, read> factors: array<f32>;
// [points, d + 1]
@group(0) @binding(3) var<storage, read> valueDots: array<f32>;
@group(0) @binding(4) var<storage, read> gradientDots: array<f32>;
// [points, 1]
@group(0) @binding(5) var<storage, read_write> result: array<vec4f>;

//#invocations points
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let point = invocation(id, workgroupCount);
  if (point >= params.points) { return; }
  var sum = 0.0;
  for (var r = 0u; r < COORDINATES; r++) {
    let entry = point * COORDINATES + r;
    let share = params.valuesShare * valueDots[entry] + params.gradientShare * gradientDots[entry];
    sum += bitcast<f32>(simplices[entry].y) * share;
  }
  var factor = factors[point];
  if (params.symmetric != 0u) { factor *= factor; }
  result[point] = vec4f(factor * sum, 0.0, 0.0, 0.0);
}
