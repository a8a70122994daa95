// Sums of squares over blocks of 64 quads, lane by lane: sums[firstBlock + b] = Σ values[64 b + i]². columnSums and clip go
// on from there. One invocation a block. Within a block, eight sums of eight.
//#include "../shared/invocation.wgsl"

struct Params {
  // quads
  count: u32,
  firstBlock: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<vec4f>;
// [blocks]
@group(0) @binding(2) var<storage, read_write> sums: array<vec4f>;

//#invocations ceilDiv(count, 64)
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let block = invocation(id, workgroupCount);
  if (block >= (params.count + 63u) / 64u) { return; }
  let end = min(params.count, block * 64u + 64u);
  var sum = vec4f();
  for (var first = block * 64u; first < end; first += 8u) {
    var part = vec4f();
    for (var i = first; i < min(end, first + 8u); i++) { part += values[i] * values[i]; }
    sum += part;
  }
  sums[params.firstBlock + block] = sum;
}
