// Inverted dropout (Srivastava et al. 2014, scaled at training): result = factor·values where an element is kept, else
// 0. An element is kept if its random number of 32 bits is at least `threshold`, which is the rate times 2³². The four
// numbers of a quad are pcg4d (Jarzynski and Olano, "Hash Functions for GPU Rendering", JCGT 9(3), 2020) of the quad's
// index and the seed. Nothing is stored, and the mask is the same on any device, with any number of threads or ranges.
// Each invocation computes one quad. The adjoint is the kernel itself, with the same seed.
//#include "../shared/invocation.wgsl"

struct Params {
  // quads
  count: u32,
  // Index of the first quad of this range.
  first: u32,
  seedLow: u32,
  seedHigh: u32,
  threshold: u32,
  factor: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> result: array<vec4f>;

fn stir(v: vec4u) -> vec4u {
  var x = v;
  x.x += x.y * x.w;
  x.y += x.z * x.x;
  x.z += x.x * x.y;
  x.w += x.y * x.z;
  return x;
}

fn pcg4d(v: vec4u) -> vec4u {
  let x = stir(v * 1664525u + 1013904223u);
  return stir(x ^ (x >> vec4u(16u)));
}

//#invocations count
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= params.count) { return; }
  let random = pcg4d(vec4u(params.first + index, params.seedLow, params.seedHigh, 0u));
  result[index] = select(vec4f(), params.factor * values[index], random >= vec4u(params.threshold));
}
