// Unpacks the bytes of a picture to the rows of a guide: result[y, x] = ((red, green, blue) − mean)·scale, with 0 as
// padding. A pixel has one byte (gray) or two (gray and alpha), and its three colors are gray then, or it has three
// (red, green, blue) or four (and alpha). Alpha is dropped. The rows of a texture that was copied are padded, hence
// `rowBytes`. Each invocation computes a pixel.
//#include "../shared/invocation.wgsl"

struct Params {
  // pixels
  count: u32,
  width: u32,
  // bytes of a pixel
  channels: u32,
  // bytes from the beginning of a row to that of the next
  rowBytes: u32,
  // bytes in front of the first pixel
  skip: u32,
  // quads in front of the first pixel of the result
  resultSkip: u32,
  // 1 puts blue first and red last.
  reversed: u32,
  firstMean: f32,
  secondMean: f32,
  thirdMean: f32,
  scale: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
// bytes, four to a word
@group(0) @binding(1) var<storage, read> pixels: array<u32>;
// [pixels, 3], rows padded
@group(0) @binding(2) var<storage, read_write> result: array<vec4f>;

fn byteAt(index: u32) -> f32 {
  return f32((pixels[index / 4u] >> (index % 4u * 8u)) & 255u);
}

//#invocations count
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let pixel = invocation(id, workgroupCount);
  if (pixel >= params.count) { return; }
  let first = params.skip + pixel / params.width * params.rowBytes + pixel % params.width * params.channels;
  var color = vec3f(byteAt(first));
  if (params.channels > 2u) { color = vec3f(color.x, byteAt(first + 1u), byteAt(first + 2u)); }
  if (params.reversed == 1u) { color = color.zyx; }
  let mean = vec3f(params.firstMean, params.secondMean, params.thirdMean);
  result[params.resultSkip + pixel] = vec4f((color - mean) * params.scale, 0.0);
}
