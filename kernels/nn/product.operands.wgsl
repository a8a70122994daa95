// What product.wgsl and its forms have in common: their operands, and where sums go.

struct Params {
  panels: u32,
  taps: u32,
  quads: u32,
  kernelWidth: u32,
  rows: u32,
  columns: u32,
  stride: u32,
  leftColumns: u32,
  // Pixels from one quad of the left operand to the next.
  quadStep: u32,
  rightTap: u32,
  // The panel of the right operand that the result's first belongs to.
  firstPanel: u32,
  accumulate: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [quads, quadStep] quads
@group(0) @binding(1) var<storage, read> left: array<vec4f>;
// [panels, rows, columns, 2] quads
@group(0) @binding(2) var<storage, read> right: array<vec4f>;
// [panels, taps, 4·quads, 8]
@group(0) @binding(3) var<storage, read_write> result: array<vec4f>;

// 4 by 4 sums: a quad by half a panel, `side` 0 or 1.
fn store(quad: u32, tap: u32, panel: u32, side: u32, sums: mat4x4f) {
  if (quad >= params.quads || panel >= params.panels) { return; }
  var total = sums;
  for (var lane = 0u; lane < 4u; lane++) {
    let to = ((panel * params.taps + tap) * params.quads + quad) * 8u + 2u * lane + side;
    if (params.accumulate != 0u) { total[lane] += result[to]; }
    result[to] = total[lane];
  }
}
