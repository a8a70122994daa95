// Where the pixels of a convolution and their taps lie, and what its sums end in: of convolution.wgsl and its forms.

fn padding() -> vec2i {
  return vec2i(params.paddingX, params.paddingY);
}

// The first tap of a phase on either axis: tap ≡ padding − phase (mod spread).
fn tapsOf(phase: vec2u) -> vec2u {
  let spread = i32(params.spread);
  let rest = (padding() - vec2i(phase)) % spread;
  return vec2u(select(rest, rest + spread, rest < vec2i(0)));
}

// Where the first tap of a result's pixel lies in the values.
fn pixel(number: u32, columns: u32, shift: vec2i) -> vec2i {
  return vec2i(vec2u(number % columns, number / columns) * params.stride) + shift;
}

// Of a pixel's first quad; negative outside the map.
fn address(image: u32, at: vec2i, quads: u32) -> i32 {
  let inside = all(at >= vec2i(0)) && at.x < i32(params.width) && at.y < i32(params.height);
  return select(-1, i32(params.valueSkip) + ((i32(image * params.height) + at.y) * i32(params.width) + at.x) * i32(quads), inside);
}

// The first quad of a result's pixel.
fn place(image: u32, phase: vec2u, columns: u32, number: u32) -> u32 {
  let quads = (params.outputs + 3u) / 4u;
  let at = vec2u(number % columns, number / columns) * params.spread + phase;
  return params.resultSkip + ((image * params.resultHeight + at.y) * params.resultWidth + at.x) * quads;
}

fn activate(sum: vec4f, quad: u32) -> vec4f {
  var total = sum;
  if (params.biased != 0u) { total += bias[quad]; }
  if (params.relu != 0u) { total = max(total, vec4f()); }
  return total;
}
