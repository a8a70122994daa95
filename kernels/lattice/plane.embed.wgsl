// Embeds points of a plane as embed.wgsl does, to the bit, where the box of all keys is small: then a vertex needs no key, for
// it has a cell of its own:
//
//   cell = image·imageCells + (w_0 + w_1 − the least sum)·stride + (w_0 − the least w_0)·3 + r
//
// The sum depends on the second feature alone, so that pixels of rows that lie near each other have cells that do. There are rows and
// columns to spare on every side, so that neighbors have cells, too.
// Features count as lying where featuresRanges found them, so that all cells lie in the box, though another call may have written others
// since.
//#device wasm
//#include "../shared/invocation.wgsl"

struct Params {
  points: u32,
  // Points of one image of a batch. Points of different images share no vertices.
  imagePoints: u32,
  imageCells: u32,
  stride: u32,
  // The cell of w_0 = w_1 = r = 0 in the first image, which lies outside of the box as a rule.
  origin: i32,
  // What elevation multiplies both features by.
  factor0: f32,
  factor1: f32,
  // How far the features reach below and above zero, the first and the second.
  left: f32,
  right: f32,
  up: f32,
  down: f32,
}

const RECIPROCAL = 1.0 / 3.0;

@group(0) @binding(0) var<uniform> params: Params;
// [points, 2] with padded rows
@group(0) @binding(1) var<storage, read> features: array<vec4f>;
// [points, 3]: the cell and the bits of the barycentric weight of each remainder.
@group(0) @binding(2) var<storage, read_write> simplices: array<vec2u>;
// [points]: the rank of each coordinate, four bits each, as in embed.wgsl.
@group(0) @binding(3) var<storage, read_write> coordinateRanks: array<u32>;

//#invocations points
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let point = invocation(id, workgroupCount);
  if (point >= params.points) { return; }
  let feature = clamp(features[point].xy, vec2f(-params.left, -params.up), vec2f(params.right, params.down));
  let c1 = feature.y * params.factor1;
  let c0 = feature.x * params.factor0;
  let sum = 0.0 + c1;
  let elevated = vec3f(sum + c0, sum - c0, 0.0 - 2.0 * c1);
  let rounded = round(elevated * RECIPROCAL);
  let offset = elevated - rounded * 3.0;
  let nearest = vec3i(rounded);
  let before01 = i32(offset.x < offset.y);
  let before02 = i32(offset.x < offset.z);
  let before12 = i32(offset.y < offset.z);
  let moved = vec3i(before01 + before02, 1 - before01 + before12, 2 - before02 - before12) + nearest.x + nearest.y + nearest.z;
  let turn = vec3i(moved < vec3i(0)) - vec3i(moved > vec3i(2));
  let rank = moved + 3 * turn;
  let corner = nearest + turn;
  let delta = (elevated - vec3f(corner) * 3.0) * RECIPROCAL;

  // The coordinate of rank 2 − r goes one down from remainder r to the next.
  var sorted: array<f32, 3>;
  var down: array<u32, 3>;
  let strides = vec3u(params.stride + 3u, params.stride, 0u);
  for (var i = 0u; i < 3u; i++) {
    sorted[2 - rank[i]] = delta[i];
    down[2 - rank[i]] = strides[i];
  }
  var cell = point / params.imagePoints * params.imageCells + u32((corner.x + corner.y) * i32(params.stride) + corner.x * 3 + params.origin);
  let weights = array(sorted[0] + (1.0 - sorted[2]), sorted[1] - sorted[0], sorted[2] - sorted[1]);
  for (var r = 0u; r < 3u; r++) {
    simplices[3u * point + r] = vec2u(cell, bitcast<u32>(weights[r]));
    cell += 1u - down[r];
  }
  coordinateRanks[point] = u32(rank.x | (rank.y << 4u) | (rank.z << 8u));
}
