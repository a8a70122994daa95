// The parameters and bindings that convolution.wgsl and its forms share, and where pixels and their taps lie.
//#include "epilogue.wgsl"
//#include "weights.wgsl"

//#operations images * resultHeight * resultWidth * panels * 8 * kernelHeight * kernelWidth * ceilDiv(channels, 4) * 8 / (inputDilation * inputDilation)
struct Params {
  // How many quads each binding has before its first pixel.
  valueSkip: u32,
  resultSkip: u32,
  images: u32,
  height: u32,
  width: u32,
  channels: u32,
  resultHeight: u32,
  resultWidth: u32,
  outputs: u32,
  // `weights` holds this many panels, beginning with that of output 8·firstPanel.
  firstPanel: u32,
  panels: u32,
  kernelHeight: u32,
  kernelWidth: u32,
  stride: u32,
  // Pixels of the result from one pixel of the values to the next: 1, or, in the adjoint, the stride of the convolution.
  inputDilation: u32,
  paddingY: i32,
  paddingX: i32,
  biased: u32,
  relu: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [images, height, width, channels], rows padded
@group(0) @binding(1) var<storage, read> values: array<vec4f>;
// layout panels: [panels, kernelHeight, kernelWidth, channels padded, 8], as they are or as halves
@group(0) @binding(2) var<storage, read> weights: array<vec4u>;
// [outputs]
@group(0) @binding(3) var<storage, read> bias: array<vec4f>;
// [images, resultHeight, resultWidth, outputs], rows padded
@group(0) @binding(4) var<storage, read_write> result: array<vec4f>;

fn padding() -> vec2i {
  return vec2i(params.paddingX, params.paddingY);
}

// The first tap that reaches the pixels of a phase, on both axes: tap ≡ padding − phase (mod inputDilation).
fn tapsOf(phase: vec2u) -> vec2u {
  let dilation = i32(params.inputDilation);
  let rest = (padding() - vec2i(phase)) % dilation;
  return vec2u(select(rest, rest + dilation, rest < vec2i(0)));
}

// Position, in `values`, of the first tap of a pixel of the result.
fn pixel(number: u32, columns: u32, shift: vec2i) -> vec2i {
  return vec2i(vec2u(number % columns, number / columns) * params.stride) + shift;
}

// Index of the first quad of a pixel in `values`, or −1 outside the map.
fn address(image: u32, at: vec2i, quads: u32) -> i32 {
  let inside = all(at >= vec2i(0)) && at.x < i32(params.width) && at.y < i32(params.height);
  return select(-1, i32(params.valueSkip) + ((i32(image * params.height) + at.y) * i32(params.width) + at.x) * i32(quads), inside);
}

// Index of the first quad of a pixel in `result`.
fn place(image: u32, phase: vec2u, columns: u32, number: u32) -> u32 {
  let quads = (params.outputs + 3u) / 4u;
  let at = vec2u(number % columns, number / columns) * params.inputDilation + phase;
  return params.resultSkip + ((image * params.resultHeight + at.y) * params.resultWidth + at.x) * quads;
}

// A quad of the weights.
fn weightQuad(at: u32) -> vec4f {
  return quadOf(weights[wordsOf(at)], at);
}
