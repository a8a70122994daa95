// Computes the features of the bilateral filter, (x/θα, y/θα, guide/θβ), for each pixel of a batch of images
// (Krähenbühl and Koltun 2011, equation 3; the appearance kernel of CRF-RNN). Of two dimensions there is no guide, and they
// are those of the spatial filter, (x/θγ, y/θγ). The positions are read, already divided,
// from a table and are exact to the last bit. WGSL's division may be off by 2.5 units in the last place; one correction
// with the remainder a − q·b removes that error.
//#include "../shared/invocation.wgsl"

struct Params {
  points: u32,
  width: u32,
  // Number of points of one image.
  imagePoints: u32,
  color: f32,
}

const DIMENSIONS: u32 = 5u; // specialized
const CHANNELS = DIMENSIONS - 2u;
const GUIDE_STRIDE = (CHANNELS + 3u) / 4u * 4u;
const FEATURE_STRIDE = (DIMENSIONS + 3u) / 4u * 4u;

@group(0) @binding(0) var<uniform> params: Params;
// [points, d − 2], rows padded
@group(0) @binding(1) var<storage, read> guide: array<f32>;
// [width + height]: x/θα of every column, then y/θα of every row
@group(0) @binding(2) var<storage, read> positions: array<f32>;
// [points, d], rows padded
@group(0) @binding(3) var<storage, read_write> features: array<f32>;

//#invocations points
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let point = invocation(id, workgroupCount);
  if (point >= params.points) { return; }
  let pixel = point % params.imagePoints;
  features[point * FEATURE_STRIDE] = positions[pixel % params.width];
  features[point * FEATURE_STRIDE + 1u] = positions[params.width + pixel / params.width];
  for (var c = 0u; c < CHANNELS; c++) {
    let value = guide[point * GUIDE_STRIDE + c];
    let quotient = value / params.color;
    features[point * FEATURE_STRIDE + 2u + c] = quotient + fma(-quotient, params.color, value) / params.color;
  }
  for (var c = DIMENSIONS; c < FEATURE_STRIDE; c++) { features[point * FEATURE_STRIDE + c] = 0.0; }
}
