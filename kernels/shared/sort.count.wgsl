// First pass of a stable counting sort by one digit of the keys: counts how often each digit occurs in each block of
// items. The exclusive sum of counts[digit, block] is where a block's first item of that digit goes (sort.scatter). On
// WebGPU digits have four bits, on WASM up to twelve, and the sort is repeated from the lowest digit up (radix sort); on
// WASM each thread counts one block.

struct Params {
  count: u32,
  blockSize: u32,
  blocks: u32,
  shift: u32,
  digitMask: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [count], in the order of the previous digit.
@group(0) @binding(1) var<storage, read> keys: array<u32>;
@group(0) @binding(2) var<storage, read_write> counts: array<u32>;

var<workgroup> histogram: array<atomic<u32>, 16>;

//#workgroups blocks
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) localIndex: u32, @builtin(workgroup_id) workgroupId: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let block = workgroupId.y * workgroupCount.x + workgroupId.x;
  if (localIndex < 16u) { atomicStore(&histogram[localIndex], 0u); }
  workgroupBarrier();
  let end = min((block + 1u) * params.blockSize, params.count);
  for (var item = block * params.blockSize + localIndex; item < end; item += 64u) {
    atomicAdd(&histogram[(keys[item] >> params.shift) & params.digitMask], 1u);
  }
  workgroupBarrier();
  if (localIndex <= params.digitMask && block < params.blocks) {
    counts[localIndex * params.blocks + block] = atomicLoad(&histogram[localIndex]);
  }
}
