// Sums squares over blocks of 64 quads, each lane by itself: sums[firstBlock + b] = Σ values[64 b + i]². columnSums and
// clip add the rest. Each invocation sums one block as eight sums of eight.
//#include "../shared/invocation.wgsl"

struct Params {
  // quads
  count: u32,
  firstBlock: u32,
}

// The directive below and src/optim/clip.ts say the same number.
const BLOCK_QUADS = 64u;
const GROUP_QUADS = 8u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<vec4f>;
// [blocks]
@group(0) @binding(2) var<storage, read_write> sums: array<vec4f>;

//#invocations ceilDiv(count, 64)
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let block = invocation(id, workgroupCount);
  let begin = block * BLOCK_QUADS;
  if (begin >= params.count) { return; }
  let end = min(params.count, begin + BLOCK_QUADS);
  var sum = vec4f();
  for (var first = begin; first < end; first += GROUP_QUADS) {
    var part = vec4f();
    for (var i = first; i < min(end, first + GROUP_QUADS); i++) { part += values[i] * values[i]; }
    sum += part;
  }
  sums[params.firstBlock + block] = sum;
}
