// What crossEntropy, dice and their pullbacks share.

// The largest score of a row, NaN if one is, among the lanes that are no padding.
fn largestScore(first: u32, quads: u32) -> f32 {
  var highest = vec4f(scores[first].x);
  for (var q = 0u; q < quads; q++) {
    let score = scores[first + q];
    highest = most4(highest, select(score.xxxx, score, channelsIn(q, params.channels)));
  }
  return most(most(highest.x, highest.y), most(highest.z, highest.w));
}

// exp(score − largest) of quad `q` of a row, 0 in the padding; NaN where the largest score is.
fn powerOf(first: u32, q: u32, largest: f32) -> vec4f {
  return select(vec4f(), tainted4(exp(scores[first + q] - largest), largest), channelsIn(q, params.channels));
}
