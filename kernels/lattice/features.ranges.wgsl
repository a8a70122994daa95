// Finds how far features reach, as integers in the order of the floats: of each quad of features, padding included, the largest
// complements, and then the largest. NaN lies beyond all numbers, on the side of its sign. What ranges hold before counts, too.
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
// [quads of features, 2, 4]
@group(0) @binding(2) var<storage, read_write> ranges: array<atomic<u32>>;

//#invocations points
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let point = invocation(id, workgroupCount);
  if (point >= params.points) { return; }
  for (var i = 0u; i < FEATURE_STRIDE; i++) {
    let bits = features[FEATURE_STRIDE * point + i];
    let ordered = select(bits | 0x80000000u, ~bits, (bits >> 31u) == 1u);
    atomicMax(&ranges[i + (i & 0xfffffffcu)], ~ordered);
    atomicMax(&ranges[i + (i & 0xfffffffcu) + 4u], ordered);
  }
}
