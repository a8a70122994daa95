// Computes as many multiply-adds as the device can do, for the ceiling that bench measures kernels against. Each
// invocation keeps twelve independent sums x_k in registers, which begin at x_k = index mod 64 + k, and repeats x_k ←
// a·x_k + b `rounds` times; result = Σ_k x_k. That is 24·rounds operations for each invocation.
// Twelve independent sums hide the latency of a fused multiply-add, which is four cycles on two units, and nearly hide
// that of a product and a sum, which is six or more (measured on WASM without fusing: eight sums reach 35 GFLOP/s a
// thread, less than the kernel `product` does).
//#include "../shared/invocation.wgsl"

struct Params {
  count: u32,
  rounds: u32,
  a: f32,
  b: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [count]
@group(0) @binding(1) var<storage, read_write> result: array<f32>;

//#invocations count
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= params.count) { return; }
  let start = f32(index % 64u);
  var x0 = start;
  var x1 = start + 1.0;
  var x2 = start + 2.0;
  var x3 = start + 3.0;
  var x4 = start + 4.0;
  var x5 = start + 5.0;
  var x6 = start + 6.0;
  var x7 = start + 7.0;
  var x8 = start + 8.0;
  var x9 = start + 9.0;
  var x10 = start + 10.0;
  var x11 = start + 11.0;
  for (var round = 0u; round < params.rounds; round++) {
    x0 = fma(params.a, x0, params.b);
    x1 = fma(params.a, x1, params.b);
    x2 = fma(params.a, x2, params.b);
    x3 = fma(params.a, x3, params.b);
    x4 = fma(params.a, x4, params.b);
    x5 = fma(params.a, x5, params.b);
    x6 = fma(params.a, x6, params.b);
    x7 = fma(params.a, x7, params.b);
    x8 = fma(params.a, x8, params.b);
    x9 = fma(params.a, x9, params.b);
    x10 = fma(params.a, x10, params.b);
    x11 = fma(params.a, x11, params.b);
  }
  result[index] = ((x0 + x1) + (x2 + x3)) + ((x4 + x5) + (x6 + x7)) + ((x8 + x9) + (x10 + x11));
}
