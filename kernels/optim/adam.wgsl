// Adam (Kingma and Ba, ICLR 2015, algorithm 1), in place, with weight decay as part of the gradient g' = factor·g +
// decay·w:
//   m ← β₁·m + (1 − β₁)·g';  v ← β₂·v + (1 − β₂)·g'²;
//   w ← w − rate·(m·meanCorrection)/(√(v·squareCorrection) + epsilon) − shrink·w,
// where shrink is 0, or in AdamW (Loshchilov and Hutter, ICLR 2019) rate·decay while the gradient has no decay in it, and the corrections are 1/(1 − β₁ᵗ) and 1/(1 − β₂ᵗ) at step t. Each invocation computes one quad.
//#include "../shared/invocation.wgsl"

struct Params {
  // quads
  count: u32,
  rate: f32,
  // β₁, β₂, 1 − β₁ and 1 − β₂. The differences are passed too, because 1 − 0.999 computed in float32 would be off by
  // 3e-5.
  meanDecay: f32,
  squareDecay: f32,
  meanShare: f32,
  squareShare: f32,
  meanCorrection: f32,
  squareCorrection: f32,
  epsilon: f32,
  decay: f32,
  shrink: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gradient: array<vec4f>;
// One quad. Its first number multiplies the gradient: 1, or the factor that clip computed.
@group(0) @binding(2) var<storage, read> factor: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> mean: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> square: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> parameter: array<vec4f>;

//#invocations count
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= params.count) { return; }
  let w = parameter[index];
  let g = factor[0].x * gradient[index] + params.decay * w;
  let m = params.meanDecay * mean[index] + params.meanShare * g;
  let v = params.squareDecay * square[index] + params.squareShare * g * g;
  mean[index] = m;
  square[index] = v;
  let step = m * params.meanCorrection / (sqrt(v * params.squareCorrection) + params.epsilon);
  parameter[index] = w - params.rate * step - params.shrink * w;
}
