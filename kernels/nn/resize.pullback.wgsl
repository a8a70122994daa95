// Computes the gradient of resize's values, the transpose of the interpolation: each pixel of the values gathers from
// the pixels of the result in which it has a share, a rectangle of them, in row-major order, so that the bits are the
// same in every run. Where those are more than a binding holds, one range of their rows after the other is added to what
// the former ones gave. Each invocation computes a quad.
//#include "../shared/invocation.wgsl"
//#include "interpolation.wgsl"

struct Params {
  // Rows of the values in this range, and the number of the first of them.
  rows: u32,
  first: u32,
  // Size of the whole map of values.
  valueHeight: u32,
  valueWidth: u32,
  // Size of the whole result; the rows of its gradient in the binding, and the number of the first of them.
  height: u32,
  width: u32,
  gradientRows: u32,
  gradientFirst: u32,
  // 1 where former ranges of rows have been gathered from.
  accumulate: u32,
  quads: u32,
  aligned: u32,
  // Quads in the bindings before the first row.
  gradientSkip: u32,
  valueSkip: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [rows that the range has a share in, width, quads]
@group(0) @binding(1) var<storage, read> gradient: array<vec4f>;
// [rows, valueWidth, quads]
@group(0) @binding(2) var<storage, read_write> valueGradient: array<vec4f>;

//#invocations rows * valueWidth * quads
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= params.rows * params.valueWidth * params.quads) { return; }
  let quad = index % params.quads;
  let pixel = index / params.quads;
  let row = params.first + pixel / params.valueWidth;
  let column = pixel % params.valueWidth;
  let yBegin = max(beginOf(row, params.valueHeight, params.height), params.gradientFirst);
  let yEnd = min(endOf(row, params.valueHeight, params.height), params.gradientFirst + params.gradientRows);
  let xBegin = beginOf(column, params.valueWidth, params.width);
  let xEnd = endOf(column, params.valueWidth, params.width);
  var sum = vec4f();
  if (params.accumulate != 0u) { sum = valueGradient[params.valueSkip + index]; }
  for (var y = yBegin; y < yEnd; y++) {
    let ofRow = shareOf(row, y, params.valueHeight, params.height);
    let start = params.gradientSkip + (y - params.gradientFirst) * params.width * params.quads + quad;
    for (var x = xBegin; x < xEnd; x++) {
      let share = ofRow * shareOf(column, x, params.valueWidth, params.width);
      sum += share * gradient[start + x * params.quads];
    }
  }
  valueGradient[params.valueSkip + index] = sum;
}

// The first pixel of the result whose position lies above place − 1.
fn beginOf(place: u32, before: u32, after: u32) -> u32 {
  if (place == 0u) { return 0u; }
  if (params.aligned != 0u) { return (place - 1u) * (after - 1u) / (before - 1u) + 1u; }
  return ((2u * place - 1u) * after + before) / (2u * before);
}

// The pixel behind the last one whose position lies below place + 1.
fn endOf(place: u32, before: u32, after: u32) -> u32 {
  if (place == before - 1u) { return after; }
  if (params.aligned == 0u) { return min(after, ((2u * place + 3u) * after + before - 1u) / (2u * before)); }
  // A single pixel lies on the first one.
  if (after == 1u) { return select(0u, 1u, place == 0u); }
  return ((place + 1u) * (after - 1u) + before - 2u) / (before - 1u);
}

// The share of a pixel of the values in a pixel of the result at most 1 away.
fn shareOf(place: u32, index: u32, before: u32, after: u32) -> f32 {
  let denominator = denominatorOf(after, params.aligned);
  let numerator = numeratorOf(index, before, after, params.aligned);
  let own = place * denominator;
  if (numerator >= own) { return 1.0 - f32(numerator - own) / f32(denominator); }
  return f32(numerator + denominator - own) / f32(denominator);
}
