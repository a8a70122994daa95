// What the small forms of products and convolutions share, which fit register files of 64 numbers an invocation: a
// workgroup of 128 invocations computes 64 rows by 32 columns, and each invocation 4 by 4 of them. It goes along the
// terms in chunks of 8, as tile.wgsl does. A multiply-add counts as two operations. Then
//   - memory, or the second-level cache, gives (64 + 32)·4 B for 2·64·32 operations, which is 3/32 B an operation, half as
//     much again as for tile.wgsl;
//   - workgroup memory gives 2·4·4 B for 2·4·4 operations, which is 1 B an operation, and less where neighbors read the
//     same: eight read one vector of `lefts` and eight adjacent vectors of `rights`.
// Workgroup memory takes 3,584 bytes; 16 sums, 8 operands and 8 numbers on their way are in registers.
//#include "fused.wgsl"

const chunkTerms = 8u;

// For each row of invocations all terms of a quad of rows, and one vector that keeps rows in different banks.
var<workgroup> lefts: array<array<vec4f, chunkTerms + 1u>, 16>;
// For each term a quad of columns of each column of invocations, and two vectors that do so, too.
var<workgroup> rights: array<array<vec4f, 10>, chunkTerms>;

// Multiplies a whole chunk, or the terms that it has.
fn multiplyChunk(row: u32, column: u32, sums: ptr<function, mat4x4f>) {
  for (var term = 0u; term < chunkTerms; term++) { *sums = fused(lefts[row][term], rights[term][column], *sums); }
}

fn multiplyTerms(terms: u32, row: u32, column: u32, sums: ptr<function, mat4x4f>) {
  for (var term = 0u; term < terms; term++) { *sums = fused(lefts[row][term], rights[term][column], *sums); }
}
