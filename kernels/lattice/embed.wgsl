// Embeds points in the permutohedral lattice: finds for each point the d + 1 vertices of its simplex and their
// barycentric weights. Adams, Baek and Davis, "Fast High-Dimensional Filtering Using the Permutohedral Lattice" (2010),
// sections 3 and 4. Ties between ranks are broken as in Krähenbühl and Koltun (2011): the lower coordinate takes the
// lower rank.
//
//   elevated e_j = s − j·c_j for j = d…1, with c_j = f_{j−1}·factor_{j−1} and s the sum of the c already seen; e_0 = s.
//   factor_i = √(2/3)·(d+1) / √((i+1)(i+2)) gives the blur [½ 1 ½] on each axis unit variance in feature space.
//   v_i = round-half-even(e_i/(d+1)) gives the nearest remainder-0 point, which is v·(d+1).
//
// A vertex of remainder r has the coordinates key_i = (d+1)·w_i + r with w_i = v_i − [rank_i > d−r], so that (w, r)
// names it. The key has ⌊d/2⌋ + 1 words. Each w_i takes 16 bits (biased by 32768), with w_0 in the low half of word 0.
// For odd d, r is in the high half of the last word; for even d it has the last word to itself. The number of the image
// lies above r, so that the images of a batch share no vertex.
//
// Preconditions: features are finite (their bits are tested) and |v_i| < 32767. The first point that breaks one is
// reported in status: [0] = ~(first point not finite), [1] = ~(first point out of range), 0 for none.
//#include "../shared/invocation.wgsl"

struct Params {
  points: u32,
  // Points of one image of a batch. Points of different images share no vertices.
  imagePoints: u32,
  // The number of the first of these points among all points of the lattice. Keys, weights and reports count from 0 for
  // all points, features and coordinate ranks for these.
  firstPoint: u32,
}

const DIMENSIONS: u32 = 5u; // specialized
const COORDINATES = DIMENSIONS + 1u;
const WORDS = DIMENSIONS / 2u + 1u;
const COORDINATE_RANK_WORDS = (COORDINATES + 7u) / 8u;
const FEATURE_STRIDE = (DIMENSIONS + 3u) / 4u * 4u;
const RECIPROCAL = 1.0 / f32(COORDINATES);
// The bits of 32766. As integers the bits of larger magnitudes, of infinity and of NaN are larger.
const farthest = 0x46fffc00u;

@group(0) @binding(0) var<uniform> params: Params;
// [points, d] with padded rows, as bits: WGSL lets compilers assume that no float is NaN.
@group(0) @binding(1) var<storage, read> features: array<u32>;
// [d]: factor_i, computed by the host in float64: WGSL's square root and division may be off by a few units.
@group(0) @binding(2) var<storage, read> elevationFactors: array<f32>;
// [all points, d + 1, words]
@group(0) @binding(3) var<storage, read_write> keys: array<u32>;
// [all points, d + 1]: barycentric weights by remainder.
@group(0) @binding(4) var<storage, read_write> barycentric: array<f32>;
@group(0) @binding(5) var<storage, read_write> status: array<atomic<u32>>;
// [points, rank words]: the rank of each coordinate, four bits each, the first in the low bits; for embed.pullback.
@group(0) @binding(6) var<storage, read_write> coordinateRanks: array<u32>;

//#invocations points
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let point = invocation(id, workgroupCount);
  if (point >= params.points) { return; }

  var elevated: array<f32, COORDINATES>;
  var sum = 0.0;
  for (var j = DIMENSIONS; j > 0u; j--) {
    let bits = features[point * FEATURE_STRIDE + j - 1u];
    if ((bits & 0x7f800000u) == 0x7f800000u) {
      atomicMax(&status[0], ~(params.firstPoint + point));
      return;
    }
    let c = bitcast<f32>(bits) * elevationFactors[j - 1u];
    elevated[j] = sum - f32(j) * c;
    sum += c;
  }
  elevated[0] = sum;

  var nearest: array<i32, COORDINATES>;
  var offset: array<f32, COORDINATES>;
  var rank: array<i32, COORDINATES>;
  var total = 0;
  for (var i = 0u; i < COORDINATES; i++) {
    let v = round(elevated[i] * RECIPROCAL);
    if ((bitcast<u32>(v) & 0x7fffffffu) >= farthest) {
      atomicMax(&status[1], ~(params.firstPoint + point));
      return;
    }
    nearest[i] = i32(v);
    offset[i] = elevated[i] - v * f32(COORDINATES);
    total += nearest[i];
  }
  for (var i = 0u; i < DIMENSIONS; i++) {
    for (var j = i + 1u; j < COORDINATES; j++) {
      if (offset[i] < offset[j]) { rank[i]++; } else { rank[j]++; }
    }
  }

  // The rounded point may lie off the plane Σ = 0; moving the coordinates of extreme rank brings it back.
  var weights: array<f32, COORDINATES + 1u>;
  for (var i = 0u; i < COORDINATES; i++) {
    rank[i] += total;
    if (rank[i] < 0) {
      rank[i] += i32(COORDINATES);
      nearest[i]++;
    } else if (rank[i] > i32(DIMENSIONS)) {
      rank[i] -= i32(COORDINATES);
      nearest[i]--;
    }
    let delta = (elevated[i] - f32(nearest[i]) * f32(COORDINATES)) * RECIPROCAL;
    let remainder = DIMENSIONS - u32(rank[i]);
    weights[remainder] += delta;
    weights[remainder + 1u] -= delta;
  }
  weights[0] += 1.0 + weights[COORDINATES];

  var packed = array<u32, COORDINATE_RANK_WORDS>();
  for (var i = 0u; i < COORDINATES; i++) { packed[i / 8u] |= u32(rank[i]) << (4u * (i % 8u)); }
  for (var k = 0u; k < COORDINATE_RANK_WORDS; k++) { coordinateRanks[point * COORDINATE_RANK_WORDS + k] = packed[k]; }

  for (var r = 0u; r < COORDINATES; r++) {
    // This is zeroed explicitly, because in lavapipe (Mesa 25.0) a plain declaration keeps its contents from one
    // iteration of the loop to the next.
    var key = array<u32, WORDS>();
    for (var i = 0u; i < DIMENSIONS; i++) {
      let w = nearest[i] + 32768 - select(0, 1, u32(rank[i]) + r > DIMENSIONS);
      key[i / 2u] |= u32(w) << (16u * (i % 2u));
    }
    let tag = r | ((point / params.imagePoints) << 4u);
    key[WORDS - 1u] |= tag << (16u * (DIMENSIONS % 2u));
    let entry = (params.firstPoint + point) * COORDINATES + r;
    for (var k = 0u; k < WORDS; k++) { keys[entry * WORDS + k] = key[k]; }
    barycentric[entry] = weights[r];
  }
}
