// Rounds the numbers of a map to half precision, two in a word: to the nearest, of two as near to the even one. What lies half
// a step or more behind the largest becomes infinite, NaN stays NaN. The rounding is done in whole numbers, since that of
// WGSL's pack2x16float is the adapter's own. Its inverse is halves.widen.wgsl. Each invocation rounds a quad.
//#include "../shared/invocation.wgsl"

struct Params {
  quads: u32,
  // Quads of `result` before the first.
  resultSkip: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [rows, channels], rows padded
@group(0) @binding(1) var<storage, read> values: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> result: array<vec2u>;

//#invocations quads
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= params.quads) { return; }
  let halves = narrowed(bitcast<vec4u>(values[index]));
  result[params.resultSkip + index] = halves.xz | (halves.yw << vec2u(16u));
}

// The bits of half-precision numbers from those of float32.
fn narrowed(words: vec4u) -> vec4u {
  let magnitude = words & vec4u(0x7fffffffu);
  // Adding half a step less one, and one where the last bit that stays is set, carries where it has to be rounded up.
  let normal = (magnitude - 0x38000000u + 0xfffu + ((magnitude >> vec4u(13u)) & vec4u(1u))) >> vec4u(13u);
  // Below 2⁻¹⁴ numbers are multiples of 2⁻²⁴: a float32 with exponent e has its 24 bits 126 − e places too high.
  let places = clamp(126u - (magnitude >> vec4u(23u)), vec4u(1u), vec4u(25u));
  let all = (magnitude & vec4u(0x7fffffu)) | vec4u(0x800000u);
  let subnormal = (all + (vec4u(1u) << (places - 1u)) - 1u + ((all >> places) & vec4u(1u))) >> places;
  let finite = select(normal, subnormal, magnitude < vec4u(0x38800000u));
  let beyond = select(vec4u(0x7c00u), vec4u(0x7e00u), magnitude > vec4u(0x7f800000u));
  return ((words >> vec4u(16u)) & vec4u(0x8000u)) | select(finite, beyond, magnitude >= vec4u(0x477ff000u));
}
