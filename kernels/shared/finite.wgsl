// Finds the first value that is NaN or infinite: status[0] = ~index, 0 for none. Bits are tested, because WGSL lets
// compilers assume that no float is NaN.
//#include "invocation.wgsl"

struct Params {
  count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> status: array<atomic<u32>>;

// Each invocation examines four values.
//#invocations count
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= params.count) { return; }
  let bits = values[index] & vec4u(0x7f800000u);
  for (var lane = 0u; lane < 4u; lane++) {
    if (bits[lane] == 0x7f800000u) { atomicMax(&status[0], ~(index * 4u + lane)); }
  }
}
