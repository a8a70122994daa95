// The hyperbolic tangent, element by element: (1 − t)/(1 + t) for t = exp(−2·|x|), with the sign of x, so that nothing overflows. It
// is 0 at 0, and so in padding; ±1 at ±∞; NaN of NaN. Its adjoint is tanh.pullback. Each invocation computes one quad.
//#include "../shared/invocation.wgsl"
//#include "../shared/nan.wgsl"

struct Params {
  // quads
  count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> result: array<vec4f>;

//#invocations count
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= params.count) { return; }
  let x = values[index];
  let power = exp(-2.0 * abs(x));
  let size = (1.0 - power) / (1.0 + power);
  let signed = select(size, -size, x < vec4f());
  // exp(0) may be off by a rounding, and zeros in padding are relied on.
  result[index] = select(select(signed, vec4f(), x == vec4f()), x, isNan4(x));
}
