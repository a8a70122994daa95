// Adds the outer product of four rows and four columns to their sums. Every form of a kernel adds by `fma`: a compiler
// that may choose would fuse a product and a sum in one form and not in another, which gives other bits.

fn fused(rows: vec4f, columns: vec4f, sums: mat4x4f) -> mat4x4f {
  return mat4x4f(
    fma(vec4f(rows.x), columns, sums[0]),
    fma(vec4f(rows.y), columns, sums[1]),
    fma(vec4f(rows.z), columns, sums[2]),
    fma(vec4f(rows.w), columns, sums[3]),
  );
}
