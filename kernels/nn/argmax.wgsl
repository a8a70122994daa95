// Finds the class of the highest score of each row, the first where several tie: labels of 8 or 16 bits, packed into
// words, the first in the low bits. There is no highest score beside NaN: status[0] = ~row for the first row with one, 0
// for none. Each invocation computes the rows of one word.
//#include "../shared/invocation.wgsl"
//#include "../shared/nan.wgsl"

struct Params {
  rows: u32,
  // The number of the range's first row, a multiple of 4.
  first: u32,
  channels: u32,
  bits: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [rows, channels], rows padded
@group(0) @binding(1) var<storage, read> scores: array<f32>;
// [all rows], several to a word
@group(0) @binding(2) var<storage, read_write> labels: array<u32>;
@group(0) @binding(3) var<storage, read_write> status: array<atomic<u32>>;

//#invocations ceilDiv(rows * bits, 32)
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  let each = 32u / params.bits;
  let begin = index * each;
  if (begin >= params.rows) { return; }
  var word = 0u;
  for (var i = 0u; i < min(each, params.rows - begin); i++) { word |= best(begin + i) << (i * params.bits); }
  labels[params.first / each + index] = word;
}

fn best(row: u32) -> u32 {
  let start = row * ((params.channels + 3u) / 4u * 4u);
  var label = 0u;
  var highest = scores[start];
  var lost = isNan(highest);
  for (var c = 1u; c < params.channels; c++) {
    let score = scores[start + c];
    lost = lost || isNan(score);
    if (score > highest) {
      highest = score;
      label = c;
    }
  }
  if (lost) { atomicMax(&status[0], ~(params.first + row)); }
  return label;
}
