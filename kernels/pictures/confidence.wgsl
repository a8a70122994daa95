// Computes the probability of the most probable class of each pixel, max_c softmax(x)_c = 1/Σ exp(x_c − max). A logit
// that is NaN or +∞ makes it NaN. Each invocation computes a pixel.
//#include "../shared/invocation.wgsl"
//#include "../shared/nan.wgsl"
//#include "../shared/quads.wgsl"

struct Params {
  rows: u32,
  channels: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [rows, channels], rows padded
@group(0) @binding(1) var<storage, read> logits: array<vec4f>;
// [rows], dense
@group(0) @binding(2) var<storage, read_write> result: array<f32>;

// The largest logit of a row, NaN if one is, among the lanes that are no padding.
fn largestLogit(first: u32, quads: u32) -> f32 {
  var highest = vec4f(logits[first].x);
  for (var q = 0u; q < quads; q++) {
    let logit = logits[first + q];
    highest = most4(highest, select(logit.xxxx, logit, channelsIn(q, params.channels)));
  }
  return most(most(highest.x, highest.y), most(highest.z, highest.w));
}

fn sumOfPowers(first: u32, quads: u32, largest: f32) -> f32 {
  var powers = vec4f();
  for (var q = 0u; q < quads; q++) {
    powers += select(vec4f(), exp(logits[first + q] - largest), channelsIn(q, params.channels));
  }
  return sumLanes(powers);
}

//#invocations rows
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let row = invocation(id, workgroupCount);
  if (row >= params.rows) { return; }
  let quads = (params.channels + 3u) / 4u;
  let largest = largestLogit(row * quads, quads);
  result[row] = tainted(1.0 / sumOfPowers(row * quads, quads, largest), largest);
}
