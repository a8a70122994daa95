// Takes some bits of the vertices' packed keys (order.pack) as a digit to sort by: digits[i] = bits `shift` and above of the
// packed key of vertex order[i], as many as digitMask has. identity ≠ 0 says that the order is 0, 1, 2, … and need not be
// read.
//#device wasm
//#include "../shared/invocation.wgsl"

struct Params {
  vertices: u32,
  shift: u32,
  digitMask: u32,
  identity: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [vertices, 2]
@group(0) @binding(1) var<storage, read> packedKeys: array<u32>;
@group(0) @binding(2) var<storage, read> order: array<u32>;
@group(0) @binding(3) var<storage, read_write> digits: array<u32>;

//#invocations vertices
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= params.vertices) { return; }
  var vertex = index;
  if (params.identity == 0u) { vertex = order[index]; }
  let low = packedKeys[2u * vertex];
  let high = packedKeys[2u * vertex + 1u];
  var bits = low;
  if (params.shift >= 32u) {
    bits = high >> (params.shift - 32u);
  } else if (params.shift > 0u) {
    bits = (low >> params.shift) | (high << (32u - params.shift));
  }
  digits[index] = bits & params.digitMask;
}
