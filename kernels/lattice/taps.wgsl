// Blurs along one axis by weights of its own, the taps: result = taps.x·first neighbor + taps.y·values + taps.z·second
// neighbor. The taps (½, 1, ½) make it what blur.wgsl computes. Its adjoint is itself with the neighbors exchanged
// (reversed ≠ 0). Absent neighbors are row `vertices`, which is zero. Each invocation computes a vertex's quad of channels.
//#include "../shared/invocation.wgsl"

struct Params {
  vertices: u32,
  quads: u32,
  // The row of this axis's taps for channel 0, and how many channels share a row. firstChannel is the channel that this
  // pass begins with, lastChannel the last one that there is.
  firstRow: u32,
  channelsPerRow: u32,
  firstChannel: u32,
  lastChannel: u32,
  reversed: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [vertices + 1]: this axis's (first, second).
@group(0) @binding(1) var<storage, read> neighbors: array<vec2u>;
// Rows (first, own, second), padded.
@group(0) @binding(2) var<storage, read> rows: array<vec4f>;
// [vertices + 1, quads]
@group(0) @binding(3) var<storage, read> values: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> result: array<vec4f>;

fn tapsOf(channel: u32) -> vec4f {
  return rows[params.firstRow + min(channel, params.lastChannel) / params.channelsPerRow];
}

//#invocations (vertices + 1) * quads
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= (params.vertices + 1u) * params.quads) { return; }
  let quad = index % params.quads;
  let channel = params.firstChannel + 4u * quad;
  let ofLanes = transpose(mat4x4f(tapsOf(channel), tapsOf(channel + 1u), tapsOf(channel + 2u), tapsOf(channel + 3u)));
  var pair = neighbors[index / params.quads] * params.quads + quad;
  if (params.reversed != 0u) { pair = pair.yx; }
  result[index] = ofLanes[1] * values[index] + (ofLanes[0] * values[pair.x] + ofLanes[2] * values[pair.y]);
}
