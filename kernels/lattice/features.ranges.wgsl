// Finds how far features reach, as integers in the order of the floats: ranges[2i] = the largest complement of feature i,
// ranges[2i + 1] = the largest feature i. NaN lies beyond all numbers, on the side of its sign. What ranges hold before counts, too.
//#device wasm
//#include "../shared/invocation.wgsl"

struct Params {
  points: u32,
}

const DIMENSIONS: u32 = 5u; // specialized
const FEATURE_STRIDE = (DIMENSIONS + 3u) / 4u * 4u;

@group(0) @binding(0) var<uniform> params: Params;
// [points, d] with padded rows, as bits.
@group(0) @binding(1) var<storage, read> features: array<u32>;
// [d, 2]
@group(0) @binding(2) var<storage, read_write> ranges: array<atomic<u32>>;

//#invocations points
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let point = invocation(id, workgroupCount);
  if (point >= params.points) { return; }
  for (var i = 0u; i < DIMENSIONS; i++) {
    let bits = features[FEATURE_STRIDE * point + i];
    let ordered = select(bits | 0x80000000u, ~bits, (bits >> 31u) == 1u);
    atomicMax(&ranges[2u * i], ~ordered);
    atomicMax(&ranges[2u * i + 1u], ordered);
  }
}
