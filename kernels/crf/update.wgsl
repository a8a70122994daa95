// One mean-field update, fused (Zheng et al. 2015, algorithm 1): slice both blurred lattices, normalize (folded into the
// simplices' weights), weigh and transform (compose.wgsl), add the unary, activate. Reads each pixel's two simplices and
// unary and writes its new marginals; nothing in between goes through memory.
//   X = U − Σ_c (spatial[c]·F_s[c] + bilateral[c]·F_b[c]);  result = X (mode 0), softmax(X) (1) or ReLU-normalized X (2).
// Where diagonal ≠ 0 the matrices are diagonal and come as two rows: X = U − (spatial∘F_s + bilateral∘F_b).
// Precondition: spatial lattice of d = 2.
//#include "../shared/invocation.wgsl"

struct Params {
  points: u32,
  channels: u32,
  mode: u32,
  diagonal: u32,
}

const DIMENSIONS: u32 = 5u; // specialized
const QUADS: u32 = 6u; // specialized
const SPATIAL = 3u;
const BILATERAL = DIMENSIONS + 1u;

@group(0) @binding(0) var<uniform> params: Params;
// [points, 3] and [points, d + 1] pairs of vertex and weight
@group(0) @binding(1) var<storage, read> spatialSimplices: array<vec2u>;
@group(0) @binding(2) var<storage, read> bilateralSimplices: array<vec2u>;
// [vertices + 1, quads]
@group(0) @binding(3) var<storage, read> spatialValues: array<vec4f>;
@group(0) @binding(4) var<storage, read> bilateralValues: array<vec4f>;
// [2, channels, quads], or [2, quads] where diagonal
@group(0) @binding(5) var<storage, read> matrices: array<vec4f>;
// [points, quads]
@group(0) @binding(6) var<storage, read> unary: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> result: array<vec4f>;

fn activate(x: ptr<function, array<vec4f, QUADS>>) {
  if (params.mode == 0u) { return; }
  var largest = (*x)[0][0];
  for (var c = 1u; c < params.channels; c++) { largest = max(largest, (*x)[c / 4u][c % 4u]); }
  var sum = select(0.0, 1e-20, params.mode == 2u);
  for (var q = 0u; q < QUADS; q++) {
    var power = max((*x)[q], vec4f());
    if (params.mode == 1u) { power = exp((*x)[q] - largest); }
    power = select(vec4f(), power, q * 4u + vec4u(0u, 1u, 2u, 3u) < vec4u(params.channels));
    (*x)[q] = power;
    sum += dot(power, vec4f(1.0));
  }
  for (var q = 0u; q < QUADS; q++) { (*x)[q] = (*x)[q] / sum; }
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let point = invocation(id, groups);
  if (point >= params.points) { return; }
  var x: array<vec4f, QUADS>;
  for (var q = 0u; q < QUADS; q++) { x[q] = unary[point * QUADS + q]; }
  for (var q = 0u; q < QUADS; q++) {
    var spatial = vec4f();
    for (var r = 0u; r < SPATIAL; r++) {
      let pair = spatialSimplices[point * SPATIAL + r];
      spatial += bitcast<f32>(pair.y) * spatialValues[pair.x * QUADS + q];
    }
    var bilateral = vec4f();
    for (var r = 0u; r < BILATERAL; r++) {
      let pair = bilateralSimplices[point * BILATERAL + r];
      bilateral += bitcast<f32>(pair.y) * bilateralValues[pair.x * QUADS + q];
    }
    if (params.diagonal != 0u) {
      x[q] -= matrices[q] * spatial + matrices[QUADS + q] * bilateral;
    } else {
      for (var lane = 0u; lane < min(4u, params.channels - q * 4u); lane++) {
        let row = (q * 4u + lane) * QUADS;
        let other = row + params.channels * QUADS;
        for (var to = 0u; to < QUADS; to++) {
          x[to] -= spatial[lane] * matrices[row + to] + bilateral[lane] * matrices[other + to];
        }
      }
    }
  }
  activate(&x);
  for (var q = 0u; q < QUADS; q++) { result[point * QUADS + q] = x[q]; }
}
