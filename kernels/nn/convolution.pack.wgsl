// A window of a channels-last image, group by group: result[group][row][column][wide quads] =
// values[top + row, left + column, quads wide·group …], zeros outside the image. What product.wgsl reads in one stream.
// One invocation a quad of the result: index = (row·columns + column)·groups·wide + quad.
//#include "../shared/invocation.wgsl"

struct Params {
  // Quads of `values` before the image's first.
  valueSkip: u32,
  height: u32,
  width: u32,
  channels: u32,
  top: i32,
  left: i32,
  rows: u32,
  columns: u32,
  groups: u32,
  // Quads of a group: 1 or 2.
  wide: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [height, width, channels], rows padded
@group(0) @binding(1) var<storage, read> values: array<vec4f>;
// [groups, rows, columns, wide]
@group(0) @binding(2) var<storage, read_write> result: array<vec4f>;

//#invocations rows * columns * groups * wide
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = invocation(id, groups);
  let resultQuads = params.groups * params.wide;
  let pixels = params.rows * params.columns;
  if (index >= pixels * resultQuads) { return; }
  let quads = (params.channels + 3u) / 4u;
  let quad = index % resultQuads;
  let pixel = index / resultQuads;
  let y = params.top + i32(pixel / params.columns);
  let x = params.left + i32(pixel % params.columns);
  var four = vec4f();
  if (quad < quads && y >= 0 && x >= 0 && y < i32(params.height) && x < i32(params.width)) {
    four = values[params.valueSkip + (u32(y) * params.width + u32(x)) * quads + quad];
  }
  result[(quad / params.wide * pixels + pixel) * params.wide + quad % params.wide] = four;
}
