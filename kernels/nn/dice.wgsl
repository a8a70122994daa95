// Computes the Dice loss of each class (Milletari, Navab and Ahmadi, 3DV 2016, with plain sums) from the sums of dice.shares, P = Σ p_c and
// I = Σ p_c·[c = l], and its pixels G: factor·(1 − 2·I/(P + G)), and its slopes by both sums: factor·2·I/(P + G)² and −factor·2/(P + G). All
// are 0 for a class that no pixel has. Writes losses[class] = (loss, 0, 0, 0), which columnSums adds up. Each invocation computes a class.
//#include "../shared/invocation.wgsl"

struct Params {
  channels: u32,
  factor: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [channels]: P
@group(0) @binding(1) var<storage, read> sums: array<f32>;
// [channels]: I
@group(0) @binding(2) var<storage, read> right: array<f32>;
// [channels]: the pixels of each class
@group(0) @binding(3) var<storage, read> counts: array<f32>;
// [channels]
@group(0) @binding(4) var<storage, read_write> losses: array<vec4f>;
// [2, channels], padded
@group(0) @binding(5) var<storage, read_write> slopes: array<f32>;

//#invocations channels
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let label = invocation(id, workgroupCount);
  if (label >= params.channels) { return; }
  let other = (params.channels + 3u) / 4u * 4u + label;
  let count = counts[label];
  if (count == 0.0) {
    losses[label] = vec4f();
    slopes[label] = 0.0;
    slopes[other] = 0.0;
    return;
  }
  let total = sums[label] + count;
  let share = 2.0 * right[label] / total;
  losses[label] = vec4f(params.factor * (1.0 - share), 0.0, 0.0, 0.0);
  slopes[label] = params.factor * share / total;
  slopes[other] = -params.factor * 2.0 / total;
}
