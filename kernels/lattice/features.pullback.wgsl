// Computes the gradient of the guide from the gradient of the bilateral features (x/θα, y/θα, guide/θβ), by dividing
// its color channels by θβ. Each invocation computes a point.
//#include "../shared/invocation.wgsl"

struct Params {
  points: u32,
  color: f32,
}

const DIMENSIONS: u32 = 5u; // specialized
const CHANNELS = DIMENSIONS - 2u;
const GUIDE_STRIDE = (CHANNELS + 3u) / 4u * 4u;
const FEATURE_STRIDE = (DIMENSIONS + 3u) / 4u * 4u;

@group(0) @binding(0) var<uniform> params: Params;
// [points, d], rows padded
@group(0) @binding(1) var<storage, read> gradient: array<f32>;
// [points, d − 2], rows padded
@group(0) @binding(2) var<storage, read_write> result: array<f32>;

//#invocations points
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let point = invocation(id, workgroupCount);
  if (point >= params.points) { return; }
  for (var c = 0u; c < CHANNELS; c++) {
    result[point * GUIDE_STRIDE + c] = gradient[point * FEATURE_STRIDE + 2u + c] / params.color;
  }
  for (var c = CHANNELS; c < GUIDE_STRIDE; c++) { result[point * GUIDE_STRIDE + c] = 0.0; }
}
