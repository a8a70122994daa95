// Rearranges axes: result[a, b, c, k] = factor·values[a·outerStride + b·rowStride + c·columnStride + k·channelStride].
// Rows of the result are padded; `values` may be any array of numbers, packed or padded, in one of four formats. One
// window of the result is written, so that arrays larger than a binding are treated in parts: a window may begin in the
// middle of a quad, whose lanes before it are kept, and the lanes behind it become 0. The adjoint is the kernel with the
// strides of both sides exchanged. Each invocation computes a quad of the result.
//#include "../shared/invocation.wgsl"

struct Params {
  // Sizes of the window along the first three axes.
  outer: u32,
  rows: u32,
  width: u32,
  // The window's channels begin at this lane of its first quad.
  firstLane: u32,
  channels: u32,
  // Numbers in `values` from one index of an axis to the next.
  outerStride: u32,
  rowStride: u32,
  columnStride: u32,
  channelStride: u32,
  // The same in `result`, in quads.
  resultOuterStride: u32,
  resultRowStride: u32,
  resultColumnStride: u32,
  // Numbers in the binding before the window's first one, and quads before its first quad.
  valueSkip: u32,
  resultSkip: u32,
  format: u32,
  factor: f32,
}

// src/nn/permute.ts and assembly/nn/permute.ts say the same numbers.
const FLOAT32 = 0u;
const FLOAT16 = 1u;
const UINT8 = 2u;

@group(0) @binding(0) var<uniform> params: Params;
// Numbers as they lie in memory.
@group(0) @binding(1) var<storage, read> values: array<u32>;
@group(0) @binding(2) var<storage, read_write> result: array<vec4f>;

//#invocations outer * rows * width * ceilDiv(firstLane + channels, 4)
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  let end = params.firstLane + params.channels;
  let quads = (end + 3u) / 4u;
  let pixel = index / quads;
  let quad = index % quads;
  let x = pixel % params.width;
  let y = pixel / params.width % params.rows;
  let a = pixel / params.width / params.rows;
  if (a >= params.outer) { return; }
  let first = params.valueSkip + a * params.outerStride + y * params.rowStride + x * params.columnStride;
  let to = params.resultSkip + a * params.resultOuterStride + y * params.resultRowStride + x * params.resultColumnStride + quad;
  var four = vec4f();
  if (quad == 0u && params.firstLane > 0u) { four = result[to]; }
  for (var lane = 0u; lane < 4u; lane++) {
    let c = quad * 4u + lane;
    if (c < params.firstLane) { continue; }
    if (c >= end) {
      four[lane] = 0.0;
      continue;
    }
    four[lane] = params.factor * number(first + (c - params.firstLane) * params.channelStride);
  }
  result[to] = four;
}

// The number at an index of `values`.
fn number(at: u32) -> f32 {
  if (params.format == FLOAT32) { return bitcast<f32>(values[at]); }
  if (params.format == FLOAT16) { return widened((values[at / 2u] >> (at % 2u * 16u)) & 0xffffu); }
  if (params.format == UINT8) { return f32((values[at / 4u] >> (at % 4u * 8u)) & 255u); }
  return f32(bitcast<i32>(values[at]));
}

// The value of a half-precision number. It is put together from its bits, since adapters may take subnormal numbers for
// 0 and need not keep NaN when they unpack.
fn widened(bits: u32) -> f32 {
  let sign = (bits & 0x8000u) << 16u;
  let exponent = (bits >> 10u) & 31u;
  let fraction = bits & 1023u;
  if (exponent == 0u) { return bitcast<f32>(sign | bitcast<u32>(f32(fraction) * 5.9604644775390625e-8)); }
  return bitcast<f32>(sign | (select(exponent + 112u, 255u, exponent == 31u) << 23u) | (fraction << 13u));
}
