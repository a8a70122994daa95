// Gathers the classes that stay from the rows of a map: result[row, k] = values[row, places[k]]. Where `rest` is 1, one channel
// more stands for the classes that leave: the logarithm of the sum of their powers, so that a softmax gives it the sum of
// their marginals. Each invocation computes a row; padding stays 0.
//#include "../shared/invocation.wgsl"
//#include "../shared/nan.wgsl"
//#include "../shared/quads.wgsl"

struct Params {
  rows: u32,
  channels: u32,
  // How many classes stay.
  kept: u32,
  rest: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [rows, channels], rows padded
@group(0) @binding(1) var<storage, read> values: array<vec4f>;
// [kept]: the classes that stay.
@group(0) @binding(2) var<storage, read> places: array<u32>;
// [channels], padded: all bits for the classes that leave, none for the others.
@group(0) @binding(3) var<storage, read> leaving: array<vec4u>;
// [rows, kept + rest], rows padded
@group(0) @binding(4) var<storage, read_write> result: array<vec4f>;

const LOWEST = -3.4028234e38;

//#invocations rows
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let row = invocation(id, workgroupCount);
  if (row >= params.rows) { return; }
  let quads = (params.channels + 3u) / 4u;
  let first = row * quads;
  let resultQuads = (params.kept + params.rest + 3u) / 4u;
  for (var q = 0u; q < resultQuads; q++) {
    var four = vec4f();
    for (var lane = 0u; lane < 4u && q * 4u + lane < params.kept; lane++) {
      let place = places[q * 4u + lane];
      four[lane] = values[first + place / 4u][place % 4u];
    }
    result[row * resultQuads + q] = four;
  }
  if (params.rest == 0u) { return; }
  var highest = vec4f(LOWEST);
  for (var q = 0u; q < quads; q++) {
    highest = most4(highest, select(vec4f(LOWEST), values[first + q], leaving[q] != vec4u()));
  }
  let largest = most(most(highest.x, highest.z), most(highest.y, highest.w));
  var powers = vec4f();
  for (var q = 0u; q < quads; q++) {
    let power = tainted4(exp(values[first + q] - largest), largest);
    powers += select(vec4f(), power, leaving[q] != vec4u());
  }
  let sum = sumLanes(powers);
  result[row * resultQuads + params.kept / 4u][params.kept % 4u] = largest + tainted(log(sum), sum);
}
