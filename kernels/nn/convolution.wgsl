// Convolves (cross-correlates) a channels-last map with panels of weights:
//   result[image, y, x, o] = act(bias[o] + Σ_{ty, tx, i} values[image, v(y, ty), v(x, tx), i]·weights[o, i, ty, tx])
//   v(y, ty) = (y·stride + ty − padding) / inputDilation
// A tap contributes only if the division is exact and v lies inside the map. act is max(0, ·) where relu = 1.
// A network's convolution has stride ≥ 1 and inputDilation = 1. Its input gradient has stride = 1 and the forward
// stride as inputDilation. There the pixels with y ≡ phase (mod inputDilation) use every inputDilation-th tap, so each
// phase is an ordinary convolution.
// Each invocation computes 4 pixels, in raster order within an image and phase, by the 8 outputs of a panel:
//   index = (((image·inputDilation² + phase)·blocks + block)·panels + panel)·64 + tile of the block,
// so that 64 neighbors share their weights. Adjoints: convolution.transpose.wgsl (values), product.wgsl (weights).
//#include "../shared/invocation.wgsl"
//#include "convolution.operands.wgsl"
//#include "fused.wgsl"

const tilesOfBlock = 64u;

//#invocations images * inputDilation * inputDilation * ceilDiv(ceilDiv(resultHeight, inputDilation) * ceilDiv(resultWidth, inputDilation), 256) * panels * 64
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  let dilation = params.inputDilation;
  let mostRows = (params.resultHeight + dilation - 1u) / dilation;
  let mostColumns = (params.resultWidth + dilation - 1u) / dilation;
  let blocks = (mostRows * mostColumns + 4u * tilesOfBlock - 1u) / (4u * tilesOfBlock);
  let panel = index / tilesOfBlock % params.panels;
  let block = index / (tilesOfBlock * params.panels) % blocks;
  let part = index / (tilesOfBlock * params.panels * blocks);
  let image = part / (dilation * dilation);
  if (image >= params.images) { return; }
  let phase = vec2u(part % dilation, part / dilation % dilation);

  let size = (vec2u(params.resultWidth, params.resultHeight) + dilation - 1u - phase) / dilation;
  let first = (block * tilesOfBlock + index % tilesOfBlock) * 4u;
  if (first >= size.x * size.y) { return; }
  let firstTap = tapsOf(phase);
  let shift = (vec2i(phase + firstTap) - padding()) / i32(dilation);

  // Pixels behind the last one repeat the computation of the last one and are not stored.
  let last = size.x * size.y - 1u;
  let p0 = pixel(first, size.x, shift);
  let p1 = pixel(min(first + 1u, last), size.x, shift);
  let p2 = pixel(min(first + 2u, last), size.x, shift);
  let p3 = pixel(min(first + 3u, last), size.x, shift);

  // Four pixels by the two halves of a panel.
  var low = mat4x4f();
  var high = mat4x4f();
  let quads = (params.channels + 3u) / 4u;
  let panelWeights = panel * params.kernelHeight * params.kernelWidth * quads * 8u;
  var row = 0i;
  for (var ty = firstTap.y; ty < params.kernelHeight; ty += dilation) {
    var column = 0i;
    for (var tx = firstTap.x; tx < params.kernelWidth; tx += dilation) {
      let tap = vec2i(column, row);
      let addresses = vec4i(
        address(image, p0 + tap, quads),
        address(image, p1 + tap, quads),
        address(image, p2 + tap, quads),
        address(image, p3 + tap, quads),
      );
      column++;
      let inside = addresses >= vec4i(0);
      if (!any(inside)) { continue; }
      // For a pixel outside the first number is loaded, and replaced.
      let within = max(addresses, vec4i(0));
      var at = panelWeights + (ty * params.kernelWidth + tx) * quads * 8u;
      for (var quad = 0i; quad < i32(quads); quad++) {
        let x0 = select(vec4f(), values[within.x + quad], inside.x);
        let x1 = select(vec4f(), values[within.y + quad], inside.y);
        let x2 = select(vec4f(), values[within.z + quad], inside.z);
        let x3 = select(vec4f(), values[within.w + quad], inside.w);
        for (var lane = 0u; lane < 4u; lane++) {
          let x = vec4f(x0[lane], x1[lane], x2[lane], x3[lane]);
          low = fused(x, weights[at], low);
          high = fused(x, weights[at + 1u], high);
          at += 2u;
        }
      }
    }
    row++;
  }

  for (var i = 0u; i < 4u; i++) {
    if (first + i <= last) { store(image, phase, size.x, first + i, panel, low[i], high[i]); }
  }
}

fn store(image: u32, phase: vec2u, columns: u32, number: u32, panel: u32, low: vec4f, high: vec4f) {
  let quad = 2u * (params.firstPanel + panel);
  let index = place(image, phase, columns, number) + quad;
  result[index] = epilogue(low, quad);
  if (quad + 1u < (params.outputs + 3u) / 4u) { result[index + 1u] = epilogue(high, quad + 1u); }
}
