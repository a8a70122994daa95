// What crossEntropy and its pullback share.

// The largest score of a row, NaN if one is, among the lanes that are no padding.
fn largestScore(first: u32, quads: u32) -> f32 {
  var highest = vec4f(scores[first].x);
  for (var q = 0u; q < quads; q++) {
    let score = scores[first + q];
    highest = most4(highest, select(score.xxxx, score, channelsIn(q, params.channels)));
  }
  return most(most(highest.x, highest.y), most(highest.z, highest.w));
}
