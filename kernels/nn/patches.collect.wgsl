// Collects the pixels of a convolution from products of its patches or of its taps (product.wgsl):
//   result[image, y, x, o] = act(bias[o] + Σ_{ty, tx} Σ_block products[panel][tap·blocks + block][v(y, ty), v(x, tx)][o % 8]),
//   v(y, ty) = (y + ty − padding) / inputDilation,
// with act as in convolution.wgsl. A tap contributes only if the division is exact and v lies inside the map. Where a
// convolution's sums were cut into blocks, there is one tap and v(y, 0) = y. In the adjoint of a convolution there is a
// product of the gradient's pixels with each tap of the transposed weights. Each invocation adds up a quad: index =
// (panel·pixels + pixel)·2 + half of the panel. The order of a sum depends on nothing but the sizes.
//#include "../shared/invocation.wgsl"
//#include "epilogue.wgsl"

struct Params {
  // Quads of `result` before the first pixel.
  resultSkip: u32,
  // The map whose pixels are the products' rows.
  height: u32,
  width: u32,
  resultHeight: u32,
  resultWidth: u32,
  outputs: u32,
  // `products` holds this many panels, beginning with that of output 8·firstPanel.
  firstPanel: u32,
  panels: u32,
  // The pixels of the result that are written. The first row of the products is that of pixel firstPixel, too.
  firstPixel: u32,
  pixels: u32,
  rowPanels: u32,
  blocks: u32,
  kernelHeight: u32,
  kernelWidth: u32,
  inputDilation: u32,
  paddingY: i32,
  paddingX: i32,
  biased: u32,
  relu: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [panels, kernelHeight, kernelWidth, blocks, 4·rowPanels, 8]
@group(0) @binding(1) var<storage, read> products: array<vec4f>;
// [outputs]
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
// [images, resultHeight, resultWidth, outputs], rows padded
@group(0) @binding(3) var<storage, read_write> result: array<vec4f>;

//#invocations panels * pixels * 2
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  let panel = index / (2u * params.pixels);
  let quads = (params.outputs + 3u) / 4u;
  let quad = 2u * (params.firstPanel + panel) + index % 2u;
  if (panel >= params.panels || quad >= quads) { return; }
  let pixel = params.firstPixel + index / 2u % params.pixels;
  let x = i32(pixel % params.resultWidth) - params.paddingX;
  let row = pixel / params.resultWidth;
  let y = i32(row % params.resultHeight) - params.paddingY;
  let dilation = i32(params.inputDilation);
  let blockStride = params.rowPanels * 8u;
  var at = panel * params.kernelHeight * params.kernelWidth * params.blocks * blockStride + index % 2u;
  var sum = vec4f();
  for (var ty = 0; ty < i32(params.kernelHeight); ty++) {
    for (var tx = 0; tx < i32(params.kernelWidth); tx++) {
      let place = vec2i(x + tx, y + ty);
      let v = place / dilation;
      if (all(place >= vec2i(0)) && all(v * dilation == place) && v.x < i32(params.width) && v.y < i32(params.height)) {
        let source = (row / params.resultHeight * params.height + u32(v.y)) * params.width + u32(v.x) - params.firstPixel;
        for (var block = 0u; block < params.blocks; block++) {
          sum += products[at + block * blockStride + 2u * source];
        }
      }
      at += params.blocks * blockStride;
    }
  }
  result[params.resultSkip + pixel * quads + quad] = epilogue(sum, quad);
}
