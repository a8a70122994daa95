// Computes the gradient of mean's values: every value of an image gets factor·g of its channel, or, where `lanes` is 1,
// of the one mean of all values. Padding stays 0. Each invocation computes a quad.
//#include "../shared/invocation.wgsl"

struct Params {
  // Rows in this range, and before it.
  rows: u32,
  first: u32,
  imageRows: u32,
  channels: u32,
  lanes: u32,
  factor: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [images, channels], rows padded, or [1]
@group(0) @binding(1) var<storage, read> gradient: array<vec4f>;
// [rows, channels], rows padded
@group(0) @binding(2) var<storage, read_write> valueGradient: array<vec4f>;

//#invocations rows * ceilDiv(channels, 4)
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  let quads = (params.channels + 3u) / 4u;
  if (index >= params.rows * quads) { return; }
  let quad = index % quads;
  let image = (params.first + index / quads) / params.imageRows;
  var four = vec4f(gradient[0].x);
  if (params.lanes == 0u) { four = gradient[image * quads + quad]; }
  let left = vec4u(params.channels - quad * 4u);
  valueGradient[index] = select(vec4f(), params.factor * four, vec4u(0u, 1u, 2u, 3u) < left);
}
