// What the tiled forms of products and convolutions share: a workgroup of 64 invocations computes 64 rows by 64 columns,
// and each invocation 8 by 8 of them. It goes along the terms in chunks of 8, which its invocations load together: into
// registers while the chunk before is multiplied, and from there to workgroup memory, which holds one chunk. A
// multiply-add counts as two operations. Then
//   - memory, or the second-level cache, gives 2·64·4 B for 2·64·64 operations, which is 1/16 B an operation; the register
//     form takes 48 B for 64, which is 3/4.
//   - workgroup memory gives 2·8·4 B for 2·8·8 operations, which is 1/2 B an operation, and less where neighbors read the
//     same. Eight neighbors read one vector of `lefts`, which is broadcast, and eight adjacent vectors of `rights`, each
//     from a bank of its own (of 32 banks of 4 bytes). What neighbors write falls into different banks, too.
// A chunk has a constant number of terms, by which alone its arrays are indexed while it is multiplied. So there are no
// checks of a bound in its loop, and a compiler may unroll it. Mesa's does for RDNA: the next chunk's loads stay above all
// multiply-adds, which are four fifths of the instructions. For GCN it keeps the loop and loads behind it. Workgroup memory
// takes 4,480 bytes; 64 sums, 16 operands and 16 numbers on their way are in registers.
//#include "fused.wgsl"

const chunkTerms = 8u;

// For each row of invocations all terms of two quads of rows, 32 rows apart, and one vector that keeps rows in different banks.
var<workgroup> lefts: array<array<vec4f, 2u * chunkTerms + 1u>, 8>;
// For each term two quads of columns, 32 columns apart, of each column of invocations, likewise.
var<workgroup> rights: array<array<array<vec4f, 9>, 2>, chunkTerms>;

struct Sums {
  s00: mat4x4f,
  s01: mat4x4f,
  s10: mat4x4f,
  s11: mat4x4f,
}

// Multiplies a whole chunk, or the terms that it has.
fn multiplyChunk(row: u32, column: u32, sums: ptr<function, Sums>) {
  for (var term = 0u; term < chunkTerms; term++) { multiply(term, row, column, sums); }
}

fn multiplyTerms(terms: u32, row: u32, column: u32, sums: ptr<function, Sums>) {
  for (var term = 0u; term < terms; term++) { multiply(term, row, column, sums); }
}

fn multiply(term: u32, row: u32, column: u32, sums: ptr<function, Sums>) {
  let x = lefts[row][term];
  let y = lefts[row][chunkTerms + term];
  let a = rights[term][0][column];
  let b = rights[term][1][column];
  (*sums).s00 = fused(x, a, (*sums).s00);
  (*sums).s01 = fused(x, b, (*sums).s01);
  (*sums).s10 = fused(y, a, (*sums).s10);
  (*sums).s11 = fused(y, b, (*sums).s11);
}
