// Adds up the blocks into which the sums of a product were cut: result[panel][quad] (+)= Σ_block
// blocks[panel][block][quad], one block after the other, so that the bits depend on the length of a block alone. With
// accumulate = 1 the blocks are added to the result one by one, as if product.wgsl had done so. Each invocation adds up
// a quad: index = panel·quads + quad.
//#include "../shared/invocation.wgsl"

struct Params {
  columnPanels: u32,
  count: u32,
  // Quads of a block.
  quads: u32,
  accumulate: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [columnPanels, count, quads]
@group(0) @binding(1) var<storage, read> blocks: array<vec4f>;
// [columnPanels, quads]
@group(0) @binding(2) var<storage, read_write> result: array<vec4f>;

//#invocations columnPanels * quads
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= params.columnPanels * params.quads) { return; }
  let first = index / params.quads * params.count * params.quads + index % params.quads;
  var sum = blocks[first];
  if (params.accumulate != 0u) { sum += result[index]; }
  for (var block = 1u; block < params.count; block++) { sum += blocks[first + block * params.quads]; }
  result[index] = sum;
}
