// What splat and splat.band share: the sum over pairs of a list, at most a block of them, of a quad of channels.

fn product(pair: vec2u, quad: u32) -> vec4f {
  return bitcast<f32>(pair.y) * values[pair.x * params.valueQuads + quad];
}

// before + Σ weight·value over the pairs [begin, end). Four pairs are loaded at a time, so that a GPU waits for them together, and
// added one after the other. The bounds of both loops are constants, so that compilers need no guard.
fn sumOn(before: vec4f, begin: u32, end: u32, quad: u32) -> vec4f {
  var sum = before;
  var i = begin;
  for (var four = 0u; four < BLOCK / 4u; four++) {
    if (i + 4u > end) { break; }
    let a = product(incidence[i], quad);
    let b = product(incidence[i + 1u], quad);
    let c = product(incidence[i + 2u], quad);
    let d = product(incidence[i + 3u], quad);
    sum += a;
    sum += b;
    sum += c;
    sum += d;
    i += 4u;
  }
  for (var rest = 0u; rest < 3u; rest++) {
    if (i >= end) { break; }
    sum += product(incidence[i], quad);
    i++;
  }
  return sum;
}
