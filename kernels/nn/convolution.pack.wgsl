// Packs a window of a channels-last image into panels of one or two quads of channels:
//   result[panel][row][column][panelQuads quads] = values[top + row, left + column, quads panelQuads·panel …],
// with zeros outside the image. product.wgsl then reads it as one stream. Each invocation copies a quad of the result:
// index = (row·columns + column)·panels·panelQuads + quad.
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
  panels: u32,
  // Quads of channels in a panel: 1 or 2.
  panelQuads: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [height, width, channels], rows padded
@group(0) @binding(1) var<storage, read> values: array<vec4f>;
// [panels, rows, columns, panelQuads]
@group(0) @binding(2) var<storage, read_write> result: array<vec4f>;

//#invocations rows * columns * panels * panelQuads
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  let resultQuads = params.panels * params.panelQuads;
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
  result[(quad / params.panelQuads * pixels + pixel) * params.panelQuads + quad % params.panelQuads] = four;
}
