// Computes a mean-field update in one kernel (Zheng et al. 2015, algorithm 1): it slices both blurred lattices,
// normalizes (the factors are folded into the simplices' weights), weights and transforms (compose.wgsl), adds the
// unary, and activates. It reads each pixel's two simplices and unary and writes its new marginals; nothing in between
// leaves the workgroup.
//   X = U − Σ_c (spatial[c]·F_s[c] + bilateral[c]·F_b[c]);  result = X, softmax(X), or ReLU(X) over its sum (softmax.wgsl).
// Where diagonal ≠ 0, the matrices are diagonal and come as two rows: X = U − (spatial∘F_s + bilateral∘F_b).
//
// A workgroup computes ⌊64/quads⌋ points and each invocation one quad of a point. Rows are thus read and written
// contiguously, and the quads of a point meet in workgroup memory. (With private arrays instead, lavapipe took 25 s to
// compile.)
//
// Marginals of a softmax add up to 1, and filters that are normalized `after` make 1 of ones, so that what they make of the last channel follows
// from the others. Where that channel has a quad to itself, the filters may leave it out: valueQuads = quads − 1.
// Preconditions: the spatial lattice has d = 2, and quads ≤ 64; valueQuads is quads or, of at most seven quads, as above.
//#include "../shared/nan.wgsl"
//#include "activation.wgsl"

struct Params {
  points: u32,
  channels: u32,
  activation: u32,
  diagonal: u32,
}

const DIMENSIONS: u32 = 5u; // specialized
const QUADS: u32 = 6u; // specialized
const VALUE_QUADS: u32 = 6u; // specialized
const SPATIAL = 3u;
const BILATERAL = DIMENSIONS + 1u;
const WORKGROUP_SIZE = 64u;
const POINTS = WORKGROUP_SIZE / QUADS;
// What filters make of ones before their slice's factor α, which the matrices have, makes 1 of it (slice.wgsl).
const SPATIAL_ONES = 1.25;
const BILATERAL_ONES = 1.0 + 1.0 / f32(1u << DIMENSIONS);

@group(0) @binding(0) var<uniform> params: Params;
// [points, 3] and [points, d + 1] pairs of vertex and weight
@group(0) @binding(1) var<storage, read> spatialSimplices: array<vec2u>;
@group(0) @binding(2) var<storage, read> bilateralSimplices: array<vec2u>;
// [vertices + 1, valueQuads]
@group(0) @binding(3) var<storage, read> spatialValues: array<vec4f>;
@group(0) @binding(4) var<storage, read> bilateralValues: array<vec4f>;
// [2, channels, quads], or [2, quads] where diagonal
@group(0) @binding(5) var<storage, read> matrices: array<vec4f>;
// [points, quads]
@group(0) @binding(6) var<storage, read> unary: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> result: array<vec4f>;

// The filtered values and partial results of the workgroup's points, one quad for each invocation.
var<workgroup> spatial: array<vec4f, WORKGROUP_SIZE>;
var<workgroup> bilateral: array<vec4f, WORKGROUP_SIZE>;
var<workgroup> largest: array<f32, WORKGROUP_SIZE>;
var<workgroup> sums: array<f32, WORKGROUP_SIZE>;

fn gatherSpatial(point: u32, quad: u32) -> vec4f {
  var sum = vec4f();
  for (var r = 0u; r < SPATIAL; r++) {
    let pair = spatialSimplices[point * SPATIAL + r];
    sum += bitcast<f32>(pair.y) * spatialValues[pair.x * VALUE_QUADS + quad];
  }
  return sum;
}

fn gatherBilateral(point: u32, quad: u32) -> vec4f {
  var sum = vec4f();
  for (var r = 0u; r < BILATERAL; r++) {
    let pair = bilateralSimplices[point * BILATERAL + r];
    sum += bitcast<f32>(pair.y) * bilateralValues[pair.x * VALUE_QUADS + quad];
  }
  return sum;
}

// Writes the last channel's quad of a point whose quads begin at index `first` of the workgroup's arrays.
fn deriveLast(first: u32) {
  var near = spatial[first];
  var like = bilateral[first];
  for (var q = 1u; q < VALUE_QUADS; q++) {
    near += spatial[first + q];
    like += bilateral[first + q];
  }
  let ones = vec4f(1.0);
  spatial[first + VALUE_QUADS] = vec4f(SPATIAL_ONES - dot(near, ones), 0.0, 0.0, 0.0);
  bilateral[first + VALUE_QUADS] = vec4f(BILATERAL_ONES - dot(like, ones), 0.0, 0.0, 0.0);
}

// Sums the messages to one quad from all channels of the point whose quads begin at index `first` of the workgroup's
// arrays.
fn transform(first: u32, quad: u32) -> vec4f {
  var sum = vec4f();
  for (var c = 0u; c < params.channels; c++) {
    let other = first + c / 4u;
    sum += spatial[other][c % 4u] * matrices[c * QUADS + quad];
    sum += bilateral[other][c % 4u] * matrices[(params.channels + c) * QUADS + quad];
  }
  return sum;
}

//#workgroups ceilDiv(points, 64 / quads)
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) localIndex: u32, @builtin(workgroup_id) workgroupId: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let localPoint = localIndex / QUADS;
  let quad = localIndex % QUADS;
  let first = localPoint * QUADS;
  let point = (workgroupId.y * workgroupCount.x + workgroupId.x) * POINTS + localPoint;
  let present = localPoint < POINTS && point < params.points;
  let channel = quad * 4u + vec4u(0u, 1u, 2u, 3u);
  let real = channel < vec4u(params.channels);

  if (present && quad < VALUE_QUADS) {
    spatial[localIndex] = gatherSpatial(point, quad);
    bilateral[localIndex] = gatherBilateral(point, quad);
  }
  workgroupBarrier();
  if (VALUE_QUADS < QUADS) {
    if (present && quad == VALUE_QUADS) { deriveLast(first); }
    workgroupBarrier();
  }
  var x = vec4f();
  if (present) {
    x = unary[point * QUADS + quad];
    if (params.diagonal != 0u) {
      x -= matrices[quad] * spatial[localIndex] + matrices[QUADS + quad] * bilateral[localIndex];
    } else {
      x -= transform(first, quad);
    }
    let candidates = select(vec4f(x[0]), x, real);
    largest[localIndex] = most(most(candidates[0], candidates[1]), most(candidates[2], candidates[3]));
  }
  workgroupBarrier();
  var power = x;
  if (present && params.activation != ACTIVATION_NONE) {
    var highest = largest[first];
    for (var q = 1u; q < QUADS; q++) { highest = most(highest, largest[first + q]); }
    power = rectified4(x);
    if (params.activation == ACTIVATION_SOFTMAX) { power = tainted4(exp(x - highest), highest); }
    power = select(vec4f(), power, real);
    sums[localIndex] = power[0] + power[1] + power[2] + power[3];
  }
  workgroupBarrier();
  if (!present) { return; }
  if (params.activation != ACTIVATION_NONE) {
    var sum = select(0.0, 1e-20, params.activation == ACTIVATION_RELU);
    for (var q = 0u; q < QUADS; q++) { sum += sums[first + q]; }
    power = power / sum;
  }
  result[point * QUADS + quad] = power;
}
