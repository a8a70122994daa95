// Computes the gradient of features from the dot products of slice.dots, with the lattice's topology held fixed. When a
// point moves within its simplex, its barycentric weights change linearly: b_r is δ of the coordinate of rank d − r
// minus δ of the coordinate of rank d − r + 1 (embed.wgsl). With D_r = ∂loss/∂b_r and the slice factor α
//
//   r_j = α/(d+1)·(D[d − rank_j] − D[(d − rank_j + 1) mod (d+1)]), j = 0…d, is the gradient of elevated coordinate j, and
//   ∂loss/∂f_{j−1} = factor_{j−1}·(Σ_{m<j} r_m − j·r_j), j = 1…d, is the adjoint of elevation.
//
// D is the sum of `valueDots` and `gradientDots`; featureGradient.ts says where they come from. Precondition:
// coordinate ranks as embed wrote them.
//#include "../shared/invocation.wgsl"

struct Params {
  points: u32,
  factor: f32,
}

const DIMENSIONS: u32 = 5u; // specialized
const COORDINATES = DIMENSIONS + 1u;
const COORDINATE_RANK_WORDS = (COORDINATES + 7u) / 8u;
const FEATURE_STRIDE = (DIMENSIONS + 3u) / 4u * 4u;

@group(0) @binding(0) var<uniform> params: Params;
// [points, rank words]
@group(0) @binding(1) var<storage, read> coordinateRanks: array<u32>;
// [d]: as for embed
@group(0) @binding(2) var<storage, read> elevationFactors: array<f32>;
// [points, d + 1], by remainder
@group(0) @binding(3) var<storage, read> valueDots: array<f32>;
@group(0) @binding(4) var<storage, read> gradientDots: array<f32>;
// [points, d], rows padded
@group(0) @binding(5) var<storage, read_write> result: array<f32>;

fn dotOf(entry: u32) -> f32 {
  return valueDots[entry] + gradientDots[entry];
}

//#invocations points
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let point = invocation(id, workgroupCount);
  if (point >= params.points) { return; }
  let first = point * COORDINATES;
  var before = 0.0;
  for (var j = 0u; j < COORDINATES; j++) {
    let rank = (coordinateRanks[point * COORDINATE_RANK_WORDS + j / 8u] >> (4u * (j % 8u))) & 15u;
    let remainder = DIMENSIONS - rank;
    let elevated = params.factor * (dotOf(first + remainder) - dotOf(first + (remainder + 1u) % COORDINATES));
    if (j > 0u) { result[point * FEATURE_STRIDE + j - 1u] = elevationFactors[j - 1u] * (before - f32(j) * elevated); }
    before += elevated;
  }
  for (var c = DIMENSIONS; c < FEATURE_STRIDE; c++) { result[point * FEATURE_STRIDE + c] = 0.0; }
}
