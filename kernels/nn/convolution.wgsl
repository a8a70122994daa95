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

const tilesOfBlock = 64u;

// The partial sums of a pixel's eight outputs.
struct Sums {
  low: vec4f,
  high: vec4f,
}

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

  var s0 = Sums();
  var s1 = Sums();
  var s2 = Sums();
  var s3 = Sums();
  let quads = (params.channels + 3u) / 4u;
  let panelWeights = panel * params.kernelHeight * params.kernelWidth * quads * 8u;
  var row = 0i;
  for (var ty = firstTap.y; ty < params.kernelHeight; ty += dilation) {
    var column = 0i;
    for (var tx = firstTap.x; tx < params.kernelWidth; tx += dilation) {
      let tap = vec2i(column, row);
      let a0 = address(image, p0 + tap, quads);
      let a1 = address(image, p1 + tap, quads);
      let a2 = address(image, p2 + tap, quads);
      let a3 = address(image, p3 + tap, quads);
      column++;
      if (a0 < 0 && a1 < 0 && a2 < 0 && a3 < 0) { continue; }
      // For a pixel outside the first number is loaded, and none of its bits are kept. Select would cost a software adapter a
      // seventh of its time.
      let mask0 = select(0xffffffffu, 0u, a0 < 0);
      let mask1 = select(0xffffffffu, 0u, a1 < 0);
      let mask2 = select(0xffffffffu, 0u, a2 < 0);
      let mask3 = select(0xffffffffu, 0u, a3 < 0);
      let b0 = max(a0, 0);
      let b1 = max(a1, 0);
      let b2 = max(a2, 0);
      let b3 = max(a3, 0);
      var at = panelWeights + (ty * params.kernelWidth + tx) * quads * 8u;
      for (var quad = 0i; quad < i32(quads); quad++) {
        let x0 = masked(values[b0 + quad], mask0);
        let x1 = masked(values[b1 + quad], mask1);
        let x2 = masked(values[b2 + quad], mask2);
        let x3 = masked(values[b3 + quad], mask3);
        for (var lane = 0u; lane < 4u; lane++) {
          // Of halves both quads are in the same words.
          let words = wordsOf(at);
          let low = quadOf(weights[words], 0u);
          let high = quadOf(weights[words + 1u - HALVES], 1u);
          at += 2u;
          s0.low = fma(vec4f(x0[lane]), low, s0.low);
          s0.high = fma(vec4f(x0[lane]), high, s0.high);
          s1.low = fma(vec4f(x1[lane]), low, s1.low);
          s1.high = fma(vec4f(x1[lane]), high, s1.high);
          s2.low = fma(vec4f(x2[lane]), low, s2.low);
          s2.high = fma(vec4f(x2[lane]), high, s2.high);
          s3.low = fma(vec4f(x3[lane]), low, s3.low);
          s3.high = fma(vec4f(x3[lane]), high, s3.high);
        }
      }
    }
    row++;
  }

  store(image, phase, size.x, first, panel, s0);
  if (first + 1u <= last) { store(image, phase, size.x, first + 1u, panel, s1); }
  if (first + 2u <= last) { store(image, phase, size.x, first + 2u, panel, s2); }
  if (first + 3u <= last) { store(image, phase, size.x, first + 3u, panel, s3); }
}

fn masked(four: vec4f, mask: u32) -> vec4f {
  return bitcast<vec4f>(bitcast<vec4u>(four) & vec4u(mask));
}

fn store(image: u32, phase: vec2u, columns: u32, number: u32, panel: u32, sums: Sums) {
  let quad = 2u * (params.firstPanel + panel);
  let index = place(image, phase, columns, number) + quad;
  result[index] = epilogue(sums.low, quad);
  if (quad + 1u < (params.outputs + 3u) / 4u) { result[index + 1u] = epilogue(sums.high, quad + 1u); }
}
